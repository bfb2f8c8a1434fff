from django.apps import AppConfig


class ProjectConfig(AppConfig):
    name = "minfang.project"
    label = "project"

    def ready(self) -> None:
        """The periodic work of this room."""
        from minfang.project import manifest  # noqa: F401
