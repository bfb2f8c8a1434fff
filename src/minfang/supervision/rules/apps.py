from django.apps import AppConfig


class RulesConfig(AppConfig):
    name = "minfang.supervision.rules"
    label = "rules"

    def ready(self) -> None:
        from minfang.supervision.rules import jobs  # noqa: F401
