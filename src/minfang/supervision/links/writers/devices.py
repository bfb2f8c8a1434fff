"""Rows become devices of the register (feature 82)."""

from typing import Any

from minfang.supervision.links.writers.base import Outcome, Writer


class DevicesWriter(Writer):
    """Devices by their number: new ones are entered, changed ones changed."""

    def write(self, rows: list[tuple[Any, ...]], first: int, history: bool) -> Outcome:
        raise NotImplementedError
