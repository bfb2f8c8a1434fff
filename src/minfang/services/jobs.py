"""Background work of the services wing that is not a push."""

from collections.abc import Callable

PERIODIC: list[tuple[Callable[[], object], float]] = []
"""Functions with the seconds between two runs."""
