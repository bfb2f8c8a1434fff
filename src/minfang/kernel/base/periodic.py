"""Work that is done again and again: rooms register it, the background process does it."""

from collections.abc import Callable
from dataclasses import dataclass

Work = Callable[[], object]


@dataclass(frozen=True)
class Periodic:
    """One piece of recurring work and the seconds between its turns."""

    work: Work
    seconds: float

    @property
    def name(self) -> str:
        """The name it has in logs and on the operations page."""
        return f"{self.work.__module__.removeprefix('minfang.')}.{self.work.__qualname__}"


_registered: dict[str, Periodic] = {}


def every(seconds: float) -> Callable[[Work], Work]:
    """Decorator: the background process calls this function every ``seconds`` seconds.

    The module has to be imported at start-up; an app's ``ready`` is the place.
    """

    def add(work: Work) -> Work:
        entry = Periodic(work, seconds)
        _registered[entry.name] = entry
        return work

    return add


def registered() -> list[Periodic]:
    """All recurring work, by name."""
    return [_registered[name] for name in sorted(_registered)]
