from django.apps import AppConfig


class RegistryConfig(AppConfig):
    name = "minfang.registry"
    label = "registry"
