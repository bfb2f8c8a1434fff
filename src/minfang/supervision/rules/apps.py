from django.apps import AppConfig


class RulesConfig(AppConfig):
    name = "minfang.supervision.rules"
    label = "rules"
