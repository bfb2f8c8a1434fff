from django.apps import AppConfig


class FilesConfig(AppConfig):
    name = "minfang.kernel.files"
    label = "files"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Register the background work."""
        from minfang.kernel.files import jobs  # noqa: F401
