from django.apps import AppConfig


class ArrivalConfig(AppConfig):
    name = "minfang.supervision.arrival"
    label = "arrival"
