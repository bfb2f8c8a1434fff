from django.apps import AppConfig


class RatesConfig(AppConfig):
    name = "minfang.kernel.rates"
    label = "rates"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Forget old counts again and again."""
        from minfang.kernel.rates import jobs  # noqa: F401
