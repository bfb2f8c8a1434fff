from typing import Any

from django.apps import AppConfig
from django.db.models.signals import post_migrate


def _ends(using: str, **_: Any) -> None:
    from minfang.kernel.audit import heads

    if using == "default":
        heads.ensure()


class AuditConfig(AppConfig):
    name = "minfang.kernel.audit"
    label = "audit"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Every migration ends with the configured number of chains."""
        from minfang.kernel.audit import jobs  # noqa: F401

        post_migrate.connect(_ends, sender=self)
