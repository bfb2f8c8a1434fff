from django.apps import AppConfig


class AlarmsConfig(AppConfig):
    name = "minfang.supervision.alarms"
    label = "alarms"

    def ready(self) -> None:
        """Make recurring work and platforms known."""
        from minfang.supervision.alarms import jobs  # noqa: F401
