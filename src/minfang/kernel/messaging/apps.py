from django.apps import AppConfig


class MessagingConfig(AppConfig):
    name = "minfang.kernel.messaging"
    label = "messaging"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Register the room's periodic work."""
        from minfang.kernel.messaging import jobs  # noqa: F401
