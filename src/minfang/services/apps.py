from django.apps import AppConfig


class ServicesConfig(AppConfig):
    name = "minfang.services"
    label = "services"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Make connectors (messages are written under their names), datasets and recurring work known."""
        from minfang.services import case_findings, connectors, datasets, jobs, reactions, step_anchors  # noqa: F401

        step_anchors.declare()
