"""Rows become alarm events of other systems (feature 83)."""

from typing import Any

from minfang.supervision.links.writers.base import Outcome, Writer


class EventsWriter(Writer):
    """Events by their number at the source; the same number again changes nothing."""

    def write(self, rows: list[tuple[Any, ...]], first: int, history: bool) -> Outcome:
        raise NotImplementedError
