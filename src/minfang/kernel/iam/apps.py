from django.apps import AppConfig


class IamConfig(AppConfig):
    name = "minfang.kernel.iam"
    label = "iam"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Register the room's periodic work."""
        from minfang.kernel.iam import jobs, session_jobs  # noqa: F401
