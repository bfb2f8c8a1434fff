from django.apps import AppConfig


class TelemetryConfig(AppConfig):
    name = "minfang.supervision.telemetry"
    label = "telemetry"
