from django.apps import AppConfig


class AnomaliesConfig(AppConfig):
    name = "minfang.supervision.anomalies"
    label = "anomalies"

    def ready(self) -> None:
        """Make recurring work known."""
        from minfang.supervision.anomalies import jobs  # noqa: F401
