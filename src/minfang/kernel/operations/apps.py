from django.apps import AppConfig


class OperationsConfig(AppConfig):
    name = "minfang.kernel.operations"
    label = "operations"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Make the kernel's own findings known."""
        from minfang.kernel.operations import (  # noqa: F401
            audit_findings,
            certificate_findings,
            file_findings,
            kernel_findings,
        )
