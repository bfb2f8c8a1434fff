from django.apps import AppConfig


class LinksConfig(AppConfig):
    name = "minfang.supervision.links"
    label = "links"

    def ready(self) -> None:
        """The periodic work and the findings of this room."""
        from minfang.supervision.links import findings, jobs  # noqa: F401
