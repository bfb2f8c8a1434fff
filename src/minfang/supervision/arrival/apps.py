from importlib import import_module

from django.apps import AppConfig


class ArrivalConfig(AppConfig):
    name = "minfang.supervision.arrival"
    label = "arrival"

    def ready(self) -> None:
        import_module("minfang.supervision.arrival.jobs")
