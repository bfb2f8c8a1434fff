from django.apps import AppConfig


class IndicatorsConfig(AppConfig):
    name = "minfang.supervision.indicators"
    label = "indicators"

    def ready(self) -> None:
        """Declare the datasets."""
        from minfang.supervision.indicators import datasets  # noqa: F401
