"""Open browsers and what each is told. One thread, no database: whoever knows something hands it in here."""

import asyncio
import json
import time
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

KEPT = 2000  # events a browser may have missed and still catch up
QUEUE = 100  # events that may wait for a slow browser before it is told to read everything anew
RELOAD, BYE, VIEW, HELLO = "reload", "bye", "view", "hello"


@dataclass(frozen=True)
class Event:
    """One thing told. ``number`` 0: not worth catching up with."""

    name: str
    data: str
    number: int = 0


@dataclass(eq=False)
class Viewer:
    """One open stream: whose session, which works it may hear of, which view of which work it looks at."""

    session: str
    works: frozenset[int]
    watches: tuple[int, str] | None = None
    waiting: deque[Event] = field(default_factory=deque)
    view: Event | None = None
    over: bool = False
    news: asyncio.Event = field(default_factory=asyncio.Event)

    def tell(self, event: Event) -> None:
        """Put in line; a new picture takes the place of the one before, too many events become one reload."""
        if event.name == VIEW:
            self.view = event
        elif len(self.waiting) >= QUEUE:
            self.waiting.clear()
            self.waiting.append(Event(RELOAD, "{}", event.number))
        else:
            self.waiting.append(event)
        self.news.set()

    def take(self) -> list[Event]:
        """What is to be sent now."""
        found = [*self.waiting, *([self.view] if self.view else [])]
        self.waiting.clear()
        self.view = None
        self.news.clear()
        return found


class Hub:
    """All viewers. Numbers begin anew with the process; ``epoch`` tells browsers so."""

    def __init__(self, epoch: int | None = None) -> None:
        self.epoch = int(time.time() * 1000) if epoch is None else epoch
        self.viewers: set[Viewer] = set()
        self.number = 0
        self._kept: deque[tuple[int, Event]] = deque(maxlen=KEPT)  # work, event
        self._pictures: dict[tuple[int, str], Event] = {}

    def join(self, viewer: Viewer, last_id: str = "") -> None:
        """A browser opens its stream; ``last_id`` is the last event it has seen, if it comes back."""
        viewer.tell(Event(HELLO, json.dumps({"resumed": bool(last_id)}), self.number))
        if last_id:
            for event in self._missed(viewer, last_id):
                viewer.tell(event)
        if viewer.watches in self._pictures:
            viewer.tell(self._pictures[viewer.watches])
        self.viewers.add(viewer)

    def leave(self, viewer: Viewer) -> None:
        """It is closed; nobody else looking, its picture is forgotten."""
        self.viewers.discard(viewer)
        if viewer.watches not in {one.watches for one in self.viewers} and viewer.watches:
            self._pictures.pop(viewer.watches, None)

    def _missed(self, viewer: Viewer, last_id: str) -> list[Event]:
        epoch, _, number = last_id.partition("-")
        oldest = self._kept[0][1].number if self._kept else self.number + 1
        if epoch != str(self.epoch) or not number.isdecimal() or int(number) < oldest - 1:
            return [Event(RELOAD, "{}", self.number)]
        return [event for work, event in self._kept if event.number > int(number) and work in viewer.works]

    def tell(self, kind: str, works_id: int, object_id: int) -> None:
        """Something about a work changed: told to everybody who may hear of the work, and to nobody else."""
        self.number += 1
        data = json.dumps({"works": works_id, "id": object_id}, separators=(",", ":"))
        event = Event(kind, data, self.number)
        self._kept.append((works_id, event))
        for viewer in self.viewers:
            if works_id in viewer.works:
                viewer.tell(event)

    def show(self, works_id: int, view: str, content: str) -> None:
        """A new picture of a work, for those who look at it."""
        event = Event(VIEW, content)
        self._pictures[works_id, view] = event
        for viewer in self.viewers:
            if viewer.watches == (works_id, view) and works_id in viewer.works:
                viewer.tell(event)

    def watched(self) -> dict[int, set[str]]:
        """Works somebody looks at, and in which views; the one question another thread may ask."""
        found: dict[int, set[str]] = {}
        for viewer in tuple(self.viewers):
            if viewer.watches:
                found.setdefault(viewer.watches[0], set()).add(viewer.watches[1])
        return found

    def sessions(self) -> set[str]:
        """Sessions with an open stream."""
        return {viewer.session for viewer in self.viewers}

    def allow(self, session: str, works: frozenset[int]) -> None:
        """A session may now hear of these works; one that loses the work it looks at is cut."""
        for viewer in self._of(session):
            viewer.works = works
            if viewer.watches and viewer.watches[0] not in works:
                self._cut(viewer, "您已不能查看该工程。")

    def cut(self, session: str, reason: str) -> None:
        """A session is over: its streams end."""
        for viewer in self._of(session):
            self._cut(viewer, reason)

    def close(self) -> None:
        """The process stops: streams end without a word, and browsers come back."""
        for viewer in self.viewers:
            viewer.over = True
            viewer.news.set()

    def _of(self, session: str) -> Iterable[Viewer]:
        return [viewer for viewer in self.viewers if viewer.session == session]

    @staticmethod
    def _cut(viewer: Viewer, reason: str) -> None:
        viewer.waiting.clear()
        viewer.view = None
        viewer.over = True
        viewer.tell(Event(BYE, json.dumps({"reason": reason}, ensure_ascii=False)))

    def wire(self, event: Event) -> bytes:
        """An event as the browser reads it."""
        number = f"id: {self.epoch}-{event.number}\n" if event.number else ""
        return f"{number}event: {event.name}\ndata: {event.data}\n\n".encode()


def hello(hub: Hub) -> dict[str, Any]:
    """Counts, for those who watch the process."""
    return {"viewers": len(hub.viewers), "events": hub.number, "watched": len(hub.watched())}
