from django.apps import AppConfig


class ProjectConfig(AppConfig):
    name = "minfang.project"
    label = "project"
