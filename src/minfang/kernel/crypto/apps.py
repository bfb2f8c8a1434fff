"""The key table, and the keys that a new instance begins with."""

from typing import Any

from django.apps import AppConfig
from django.db.models.signals import post_migrate


class CryptoConfig(AppConfig):
    """Registers the room."""

    name = "minfang.kernel.crypto"
    label = "crypto"

    def ready(self) -> None:
        """See to it that there is an active key for every purpose once the tables stand."""
        post_migrate.connect(_after_migrations, sender=self)


def _after_migrations(using: str, **_: Any) -> None:
    from minfang.kernel.crypto import actions, keyring

    keyring.forget()
    if using == "default":
        actions.ensure_keys()
        for purpose in ("field", "file"):
            keyring.active(purpose)
