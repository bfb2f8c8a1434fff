from django.apps import AppConfig


class LinksConfig(AppConfig):
    name = "minfang.supervision.links"
    label = "links"
