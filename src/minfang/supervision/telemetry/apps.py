from importlib import import_module

from django.apps import AppConfig


class TelemetryConfig(AppConfig):
    name = "minfang.supervision.telemetry"
    label = "telemetry"

    def ready(self) -> None:
        import_module("minfang.supervision.telemetry.jobs")
