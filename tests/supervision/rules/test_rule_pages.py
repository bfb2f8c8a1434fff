"""The editor's requests: faults at the word, preview, drafts, publishing, back-test on stored history."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from tests.supervision.rules.conftest import Site
from tests.supervision.rules.support import MIN

from minfang.kernel.base import clock
from minfang.supervision.rules import backtest, jobs
from minfang.supervision.rules.schedule import instant, micros
from minfang.supervision.telemetry import store
from minfang.supervision.telemetry.batches import build

pytestmark = pytest.mark.django_db
START = datetime(2026, 7, 13, 8, 0, tzinfo=clock.SHANGHAI)


def draft(site: Site, code: str = "TEMP-9") -> dict[str, Any]:
    body = {"code": code, "name": "机房温度", "category": "ENV", "metric": "TEMP"}
    status, made = site.browser().send("POST", "", body)
    assert status == 201, made
    return dict(made)


@pytest.mark.feature(90, 91)
def test_a_rule_from_the_first_word_to_publishing(site: Site) -> None:
    site.device("W1", "D1")
    made = draft(site)
    definition = made["editing"]["definition"]
    definition["levels"][0]["when"][0] |= {"value": 35, "clear": 34, "hold_seconds": 900}
    definition["schedule"] = {"days": "WORKDAY", "windows": [{"start": 1320, "end": 360}]}
    browser, path = site.browser(), f"/{made['id']}"
    status, saved = browser.send(
        "PUT", f"{path}/draft", {"edit": 1, "name": "机房温度偏高", "definition": definition}
    )
    assert (status, saved["editing"]["edit"], saved["name"]) == (200, 2, "机房温度偏高")
    told = {line["key"]: line["text"] for line in saved["editing"]["lines"]}
    assert told["level3"] == "高于 35 ℃ 并持续 15 分钟，回到 34 ℃ 解除"
    assert told["schedule"] == "工作日 22:00–次日 06:00"
    status, refused = browser.send("POST", f"{path}/publish", {"edit": 2, "over": None, "reason": "好"})
    assert (status, refused["fields"][0]["path"]) == (422, "reason")
    status, live = browser.send("POST", f"{path}/publish", {"edit": 2, "over": None, "reason": "按手册设定"})
    assert (status, live["version"], live["editing"], live["state"]) == (200, 1, None, "LIVE")
    assert [row["code"] for row in browser.get("?state=LIVE&metric=TEMP")["rows"]] == ["TEMP-9"]
    assert site.browser("t.watch").send("POST", f"{path}/draft", {})[0] == 403


def test_what_is_wrong_is_said_at_the_word(site: Site) -> None:
    made = draft(site)
    definition = made["editing"]["definition"]
    test = definition["levels"][0]["when"][0]
    test |= {"value": 200, "clear": None}
    definition |= {"message": "${place}${tmp}", "scope": {**definition["scope"], "works": ["W1", "W7"]}}
    status, shown = site.browser().send("POST", "/preview", {"definition": definition})
    assert status == 200
    assert {fault["path"] for fault in shown["faults"]} == {
        "levels.0.when.0.value",
        "message",
        "scope.works",
    }
    test |= {"value": 30, "clear": 31}
    status, refused = site.browser().send(
        "PUT", f"/{made['id']}/draft", {"edit": 1, "name": "x", "definition": definition}
    )
    assert status == 422
    assert [(field["path"], field["message"]) for field in refused["fields"]] == [
        ("levels.0.when.0", "解除值应在触发值的正常一侧")
    ]


def test_the_preview_shows_a_real_device_and_the_minutes_of_fourteen_days(site: Site) -> None:
    site.device("W1", "D1")
    definition = draft(site)["editing"]["definition"]
    definition["schedule"] = {"days": "EVERYDAY", "windows": [{"start": 1320, "end": 360}]}
    _, shown = site.browser().send("POST", "/preview", {"definition": definition, "device_no": "D1"})
    assert (shown["devices"], shown["sample"]["device_no"], len(shown["days"])) == (1, "D1", 14)
    assert shown["sample"]["message"].startswith("W1 工程 单元一 进风机房温度")
    assert shown["days"][3]["spans"] == [[0, 360], [1320, 1440]]


def test_a_back_test_tells_what_it_would_have_raised_and_how_those_were_judged(site: Site) -> None:
    number, quiet = site.device("W1", "D1"), site.device("W1", "D2")
    begin = micros(START)
    values = [
        (number, begin + n * 5 * MIN, 36.0 if 20 <= n < 30 or 60 <= n < 70 else 24.0) for n in range(100)
    ]
    values += [(quiet, begin + n * 5 * MIN, 24.0) for n in range(100)]
    columns = list(zip(*values, strict=True))
    store.write(build(*columns[:3], [0] * len(values), columns[1]))
    judged = backtest.Judged(number, begin + 100 * MIN, begin + 160 * MIN, False)
    backtest.register_verdicts(lambda *_: [judged])
    try:
        made = draft(site)
        definition = made["editing"]["definition"]
        definition["levels"][0]["when"][0] |= {"value": 35, "hold_seconds": 900}
        body = {
            "definition": definition,
            "start": START.isoformat(),
            "end": (START + timedelta(days=1)).isoformat(),
        }
        status, ordered = site.browser().send("POST", f"/{made['id']}/backtests", body)
        assert (status, ordered["state"]) == (201, "WAITING")
        jobs.run_backtests()
    finally:
        backtest._verdicts.clear()
    found = site.browser().get(f"/backtests/{ordered['id']}")
    report = found["report"]
    assert (found["state"], report["readings"], report["alarms"]) == ("DONE", 200, 2)
    assert report["verdicts"] == {"FALSE": 1, "NEW": 1}
    assert report["episodes"][0]["at"] == instant(begin + (100 + 15) * MIN).isoformat()
    assert site.browser("t.second").get(f"/backtests/{ordered['id']}")["code"] == "NOT_FOUND"
