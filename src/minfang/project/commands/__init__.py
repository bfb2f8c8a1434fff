"""Further commands of ``minfang``: each module here has a ``register(add)`` that names what it brings."""

import argparse
from collections.abc import Callable
from importlib import import_module
from pkgutil import iter_modules

Command = Callable[[argparse.Namespace], int]
Add = Callable[[str, Command, str], argparse.ArgumentParser]


def register_all(add: Add) -> None:
    """Let every module of this package register its commands."""
    for module in iter_modules(__path__):
        import_module(f"{__name__}.{module.name}").register(add)
