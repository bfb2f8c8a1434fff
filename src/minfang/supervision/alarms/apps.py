from django.apps import AppConfig


class AlarmsConfig(AppConfig):
    name = "minfang.supervision.alarms"
    label = "alarms"
