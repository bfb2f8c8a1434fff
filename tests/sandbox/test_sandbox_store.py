"""The sandbox's memory: all or nothing, and no slower for what it already knows."""

import asyncio
from pathlib import Path
from typing import Any

import pytest

from minfang.sandbox import checks
from minfang.sandbox.base import TOKEN, Call, Refused
from minfang.sandbox.platforms.case_repository import CaseRepository
from minfang.sandbox.store import Store

NUMBER = "20260000000000000001"
STATEMENTS_OF_A_STEP = 18


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path)


def test_what_is_refused_inside_is_forgotten_and_what_was_noted_around_it_stays(store: Store) -> None:
    def refused() -> None:
        with store.transaction():
            store.put("p", "kind", "refused", {})
            raise Refused("no")

    with store.transaction():
        store.put("p", "kind", "before", {})
        with pytest.raises(Refused):
            refused()
        store.put("p", "kind", "after", {})
    assert [row["id"] for row in store.records("p")] == ["before", "after"]


@pytest.mark.parametrize("value", [2**70, "\ud800", {"deep": [1.5, None, True]}])
def test_whatever_json_can_say_is_kept(store: Store, value: Any) -> None:
    store.put("p", "kind", "1", {"value": value})
    assert store.get("p", "kind", "1") == {"value": value}
    assert store.has("p", "kind", "1")
    assert not store.has("p", "kind", "2")


@pytest.mark.parametrize(
    "text", ["2026-1-01 10:00:00", "2026-01-01T10:00:00", "2026-02-30 10:00:00", "2026-01-01"]
)
def test_a_moment_has_exactly_one_form(text: str) -> None:
    assert checks.moment(text) is None


def test_a_moment_in_that_form_is_read() -> None:
    moment = checks.moment("2026-01-31 23:59:58")
    assert moment is not None
    assert (moment.day, moment.second) == (31, 58)


def test_a_step_of_a_long_case_asks_no_more_than_one_of_a_short_case(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    platform = CaseRepository(store)
    monkeypatch.setattr(checks, "check", lambda *_: [])
    store.put("apply_no", "number", NUMBER, {})
    store.put(platform.code, "baseInfo", NUMBER, {"regionid": "310112", "applydate": ""}, NUMBER)
    asked: list[str] = []
    store._db.set_trace_callback(asked.append)
    counts = []
    for sn in range(1, 31):
        asked.clear()
        step = {
            "projid": NUMBER,
            "sn": sn,
            "nodetype": "1" if sn == 1 else "2",
            "noderesult": "",
            "regionid": "310112",
        }
        step |= {"nodestarttime": "1", "nodeendtime": "2"}
        call = Call("/case-repository/stepProc", {"data": step}, f"k{sn}", {"dataset": "stepProc"})
        monkeypatch.setattr("minfang.sandbox.platforms.case_repository._step_alone", lambda *_: [])
        asyncio.run(platform._serve(call, platform.take, trusted=bool(TOKEN)))
        counts.append(len(asked))
    assert store.count(platform.code, "stepProc", NUMBER) == 30
    assert max(counts) <= STATEMENTS_OF_A_STEP
    assert counts[1] == counts[-1]
