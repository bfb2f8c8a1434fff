from django.apps import AppConfig


class ServicesConfig(AppConfig):
    name = "minfang.services"
    label = "services"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Make the connectors known: messages are written and delivered under their names."""
        from minfang.services import connectors, reactions  # noqa: F401
