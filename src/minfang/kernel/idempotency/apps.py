from django.apps import AppConfig


class IdempotencyConfig(AppConfig):
    name = "minfang.kernel.idempotency"
    label = "idempotency"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Make the purge known to the background process."""
        from minfang.kernel.idempotency import jobs  # noqa: F401
