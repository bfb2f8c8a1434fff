"""Streams to open browsers: by scope, cut when a session ends, and as cheap for two hundred as for one."""

import asyncio
import json
from collections.abc import Iterator
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from tests.support import telemetry

from minfang.kernel.base.errors import Refusal
from minfang.kernel.iam.models import Person
from minfang.registry.models import Works
from minfang.supervision.live import gate
from minfang.supervision.live.feed import LEAST_SECONDS, Feed
from minfang.supervision.live.hub import QUEUE, Hub, Viewer
from minfang.supervision.telemetry import notify, store

WUNING = "RF-310107-GY-2007-0002"


def names(viewer: Viewer) -> list[str]:
    return [event.name for event in viewer.take()]


def test_a_viewer_hears_of_its_works_only_and_a_slow_one_is_told_to_read_anew() -> None:
    hub = Hub(epoch=7)
    mine, other = Viewer("a", frozenset({1})), Viewer("b", frozenset({2}))
    for viewer in (mine, other):
        hub.join(viewer)
    hub.tell("alarm", 1, 10)
    assert names(mine) == ["hello", "alarm"]
    assert names(other) == ["hello"]
    for number in range(QUEUE + 5):
        hub.tell("alarm", 2, number)
    waiting = names(other)
    assert waiting[0] == "reload"
    assert len(waiting) < QUEUE


def test_who_comes_back_catches_up_or_reads_anew() -> None:
    hub = Hub(epoch=7)
    for number in range(5):
        hub.tell("alarm", number % 2 + 1, number)
    again = Viewer("a", frozenset({1}))
    hub.join(again, "7-2")
    assert [json.loads(event.data).get("id") for event in again.take()] == [None, 2, 4]
    for gone in ("6-2", "7-x", "nonsense"):
        stranger = Viewer("b", frozenset({1}))
        hub.join(stranger, gone)
        assert names(stranger) == ["hello", "reload"]


def test_a_picture_is_for_those_who_look_at_it_and_only_the_newest_waits() -> None:
    hub = Hub()
    viewer, elsewhere = (Viewer("a", frozenset({1, 2}), watch) for watch in ((1, "peace"), (1, "matrix")))
    for one in (viewer, elsewhere):
        hub.join(one)
        one.take()
    for text in ("old", "new"):
        hub.show(1, "peace", text)
    assert [event.data for event in viewer.take()] == ["new"]
    assert elsewhere.take() == []
    assert hub.watched() == {1: {"peace", "matrix"}}
    late = Viewer("c", frozenset({1}), (1, "peace"))
    hub.join(late)
    assert [event.data for event in late.take()][-1] == "new"


def browser_of(username: str) -> Client:
    client = Client()
    client.force_login(Person.objects.get(username=username))
    return client


def cookie(client: Client) -> str:
    return client.cookies["minfang_session"].value


def session_of(username: str) -> str:
    return cookie(browser_of(username))


@pytest.mark.django_db
def test_the_gate_lets_in_who_may_read_and_says_which_works(works: Works) -> None:
    everything, mine = gate.admit(session_of("gu.lianchuan")), gate.admit(session_of("pt.qin.lang"))
    assert works.pk in everything - mine
    assert Works.objects.get(works_no=WUNING).pk in mine
    for session in ("", "made-up", session_of("shen.jiahe")):
        with pytest.raises(Refusal):
            gate.admit(session)


@pytest.mark.django_db
def test_two_hundred_viewers_cost_as_many_queries_as_one(works: Works) -> None:
    spent = []
    for size in (1, 200):
        hub = Hub()
        for number in range(size):
            hub.join(Viewer(f"s{number}", frozenset({works.pk}), (works.pk, "peace")))
        feed = Feed(hub.watched, hub.tell, hub.show)
        with CaptureQueriesContext(connection) as asked:
            assert feed.draw(100.0) == 1
            assert feed.draw(101.0) == 0, "nothing changed: one query"
        spent.append(len(asked))
        assert all(viewer.view is not None for viewer in hub.viewers)
    assert spent[0] == spent[1]
    assert spent[0] <= 8


@pytest.mark.django_db
def test_a_picture_is_drawn_anew_when_a_value_came_but_not_more_often_than_it_may(works: Works) -> None:
    device = works.devices.filter(sensor_type="HUMI")[0]
    series = telemetry.a_series(device.device_id, "HUMI")
    hub = Hub()
    viewer = Viewer("s", frozenset({works.pk}), (works.pk, "matrix"))
    hub.join(viewer)
    feed = Feed(hub.watched, hub.tell, hub.show)
    feed.draw(100.0)
    viewer.take()
    store.write(telemetry.readings([(series, telemetry.micros("2026-01-05T08:00:00"), 71.5)]))
    assert feed.draw(100.5) == 0
    assert feed.draw(100.0 + LEAST_SECONDS) == 1
    shown = json.loads(viewer.take()[0].data)
    texts = [p["text"] for row in shown["rows"] for cell in row["cells"] for p in cell["inside"]]
    assert "71.5 %RH" in texts


class Browser:
    """The other end of one stream, without a network."""

    def __init__(self, app: Any, session: str, query: str = "", **headers: str) -> None:
        self.status, self.headers, self.text = 0, dict[str, str](), ""
        self._gone = asyncio.Event()
        raw = {"host": "127.0.0.1:8002", "cookie": f"minfang_session={session}", **headers}
        scope = {
            "type": "http",
            "asgi": {"version": "3.0"},
            "http_version": "1.1",
            "method": "GET",
            "path": "/live",
            "raw_path": b"/live",
            "query_string": query.encode(),
            "headers": [(k.replace("_", "-").encode(), v.encode()) for k, v in raw.items()],
            "client": ("127.0.0.1", 1),
            "server": ("127.0.0.1", 8002),
            "scheme": "http",
        }
        self.task = asyncio.create_task(app(scope, self._receive, self._send))

    async def _receive(self) -> dict[str, Any]:
        await self._gone.wait()
        return {"type": "http.disconnect"}

    async def _send(self, message: dict[str, Any]) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            self.headers = {k.decode(): v.decode() for k, v in message["headers"]}
        else:
            self.text += message.get("body", b"").decode()

    async def until(self, text: str) -> bool:
        for _ in range(200):
            if text in self.text:
                return True
            await asyncio.sleep(0.01)
        return False

    async def leave(self) -> None:
        self._gone.set()
        await asyncio.wait_for(self.task, 5)


class Stage:
    """Streams with a loop of their own; between its turns the test asks the database as always."""

    def __init__(self) -> None:
        from starlette.applications import Starlette
        from starlette.routing import Route

        from minfang.project.live import Streams

        self.answers: dict[str, frozenset[int] | Refusal] = {}
        stage = self

        class Here(Streams):
            async def admit(self, session: str) -> frozenset[int]:
                answer = stage.answers[session]
                if isinstance(answer, Refusal):
                    raise answer
                return answer

        self.loop = asyncio.new_event_loop()
        self.streams = Here(beat_seconds=0.05)
        self.app = Starlette(routes=[Route("/live", self.streams.stream)])
        self.open: list[Browser] = []

    def ask(self, session: str) -> None:
        """What the gate says of this session now."""
        try:
            self.answers[session] = gate.admit(session)
        except Refusal as no:
            self.answers[session] = no

    def do(self, work: Any) -> Any:
        return self.loop.run_until_complete(work)

    def browser(self, session: str, query: str = "", **headers: str) -> Browser:
        """A browser that opened the stream and has an answer."""
        self.ask(session)

        async def opened() -> Browser:
            browser = Browser(self.app, session, query, **headers)
            while not browser.status:
                await asyncio.sleep(0.01)
            return browser

        self.open.append(self.do(asyncio.wait_for(opened(), 10)))
        return self.open[-1]

    def close(self) -> None:
        for browser in self.open:
            self.do(browser.leave())
        self.loop.close()


@pytest.fixture
def stage(works: Works, settings: Any) -> Iterator[Stage]:
    settings.PUBLIC_URL = "http://127.0.0.1:8000"
    found = Stage()
    yield found
    found.close()


@pytest.mark.django_db
def test_two_roles_each_hear_their_own_and_a_signed_out_one_is_cut(works: Works, stage: Stage) -> None:
    city, district = browser_of("gu.lianchuan"), browser_of("pt.qin.lang")
    wuning = Works.objects.get(works_no=WUNING).pk
    first, second = (stage.browser(cookie(one)) for one in (city, district))
    stage.streams.hub.tell(notify.ALARM, works.pk, 41)
    stage.streams.hub.tell(notify.ALARM, wuning, 42)
    for one in (first, second):
        assert stage.do(one.until("event: hello"))
        assert stage.do(one.until('"id":42'))
        assert stage.do(one.until(": beat"))
    assert '"id":41' in first.text
    assert '"id":41' not in second.text
    gone = cookie(district)
    assert district.delete("/api/session").status_code == 204
    for session in (cookie(city), gone):
        stage.ask(session)
    stage.do(stage.streams.check())
    assert stage.do(second.until("event: bye"))
    stage.do(asyncio.wait_for(second.task, 5))
    assert len(stage.streams.hub.viewers) == 1
    stage.streams.hub.tell(notify.ALARM, wuning, 43)
    assert stage.do(first.until('"id":43'))


@pytest.mark.django_db
def test_a_stream_is_refused_to_strangers_other_origins_and_works_of_others(
    works: Works, stage: Stage
) -> None:
    district = cookie(browser_of("pt.qin.lang"))
    refused = {
        401: stage.browser(""),
        403: stage.browser(cookie(browser_of("shen.jiahe"))),
        404: stage.browser(district, f"works={works.pk}&view=peace"),
    }
    assert {status: browser.status for status, browser in refused.items()} == {s: s for s in refused}
    assert stage.browser(district, "works=1&view=../x").status == 404
    assert stage.browser(district, origin="http://evil.example").status == 403
    good = stage.browser(district, origin="http://127.0.0.1:8000")
    assert good.status == 200
    assert good.headers["access-control-allow-origin"] == "http://127.0.0.1:8000"
    assert good.headers["access-control-allow-credentials"] == "true"
    assert good.headers["cache-control"] == "no-store"
