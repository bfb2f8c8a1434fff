from django.apps import AppConfig


class AnomaliesConfig(AppConfig):
    name = "minfang.supervision.anomalies"
    label = "anomalies"
