"""What people do with alarms over HTTP: verbs, scope, who was first, batches, silences, files."""

import json
from datetime import timedelta
from typing import Any

import pytest
from django.db import transaction
from django.test import Client

from minfang.kernel.audit.models import AuditEvent
from minfang.kernel.base import clock
from minfang.supervision.alarms.actions import take
from minfang.supervision.alarms.models import Alarm, AlarmEvent
from minfang.supervision.telemetry import batches, store


class Officer:
    """A person of the world with a browser."""

    def __init__(self, world: Any, name: str) -> None:
        self.http = Client()
        self.http.force_login(world.people[name])

    def get(self, path: str = "", status: int = 200) -> Any:
        answer = self.http.get(f"/api/office/alarms{path}")
        assert answer.status_code == status, answer.content.decode()[:800]
        return answer.json() if "json" in answer["Content-Type"] else answer

    def post(self, path: str, body: Any, status: int = 200) -> Any:
        answer = self.http.post(
            f"/api/office/alarms{path}", json.dumps(body), content_type="application/json"
        )
        assert answer.status_code == status, answer.content.decode()[:800]
        return answer.json() if answer.content else None

    def act(self, alarm: Alarm, verb: str, status: int = 200, **said: Any) -> Any:
        alarm.refresh_from_db()
        body = {"verb": verb, "version": alarm.version, **said}
        return self.post(f"/{alarm.number}/act", body, status)


@pytest.fixture
def alarm(world) -> Alarm:
    take([world.signal()])
    return Alarm.objects.get()


def officer(world: Any, name: str) -> Officer:
    return Officer(world, name)


def test_from_new_to_closed_each_step_leaves_its_row_and_its_audit_event(world, alarm):
    watcher, keeper = officer(world, "watcher"), officer(world, "keeper")
    watcher.act(alarm, "confirm")
    choices = watcher.get(f"/{alarm.number}")["disposers"]
    person = next(one["id"] for one in choices if one["name"] == "keeper")
    watcher.act(alarm, "dispatch", person_id=person)
    keeper.act(alarm, "start")
    keeper.act(
        alarm, "handle", verdict="REAL_FIXED", cause="送风机过载", measure="切换备用机", retest_value=33.1
    )
    shown = watcher.act(alarm, "close", note="复测正常")
    assert shown["row"]["state"] == "CLOSED"
    assert shown["retest_value"] == 33.1
    kinds = [event["kind"] for event in shown["life"] if event["person"]]
    assert kinds == ["CONFIRM", "DISPATCH", "START", "HANDLE", "CLOSE"]
    codes = AuditEvent.objects.filter(action__startswith="iot_alarm.").values_list("action", flat=True)
    assert set(codes) == {f"iot_alarm.{v}" for v in ("confirm", "dispatch", "start", "handle", "close")}


def test_the_second_of_two_officers_hears_who_was_first(world, alarm):
    first, second = officer(world, "watcher"), officer(world, "city")
    first.post(f"/{alarm.number}/act", {"verb": "confirm", "version": 1})
    answer = second.post(f"/{alarm.number}/act", {"verb": "confirm", "version": 1}, 409)
    assert "watcher已于" in answer["message"]
    assert AlarmEvent.objects.filter(kind="CONFIRM").count() == 1


@pytest.mark.parametrize(
    ("verdict", "state"),
    [
        ("REAL_PENDING", "PROCESSING"),
        ("FALSE_DEVICE", "FALSE_ALARM"),
        ("FALSE_ENV", "FALSE_ALARM"),
        ("FALSE_HUMAN", "FALSE_ALARM"),
        ("TEST", "CLOSED"),
    ],
)
def test_the_verdict_decides_where_an_alarm_goes(world, alarm, verdict, state):
    shown = officer(world, "keeper").act(alarm, "handle", verdict=verdict, cause="现场核实")
    assert (shown["row"]["state"], shown["row"]["verdict"]) == (state, verdict)


def test_a_duplicate_is_linked_to_the_alarm_it_repeats(world):
    take([world.signal(), world.signal(series=1)])
    first, second = Alarm.objects.order_by("number")
    shown = officer(world, "keeper").act(second, "handle", verdict="DUPLICATE", cause="同一机房")
    assert shown["duplicate_of"] == first.number


def test_what_is_missing_is_named_at_its_field(world, alarm):
    keeper = officer(world, "keeper")
    answer = keeper.act(alarm, "handle", 422, verdict="REAL_FIXED", cause="过载")
    assert [one["path"] for one in answer["fields"]] == ["measure"]
    assert "不能闭环" in keeper.act(alarm, "close", 409)["message"]


def test_an_orange_alarm_cannot_be_ignored_a_blue_one_can_with_a_reason(world, alarm):
    keeper = officer(world, "keeper")
    keeper.act(alarm, "ignore", 409, note="不重要")
    Alarm.objects.update(level=4, peak_level=4)
    keeper.act(alarm, "ignore", 422)
    assert keeper.act(alarm, "ignore", note="电池已排期更换")["row"]["state"] == "IGNORED"


def test_an_alarm_opened_again_counts_as_open_and_a_newer_one_forbids_it(world, alarm):
    keeper = officer(world, "keeper")
    keeper.act(alarm, "handle", verdict="FALSE_DEVICE", cause="探头受潮")
    shown = keeper.act(alarm, "reopen", note="又超限")
    assert (shown["row"]["state"], shown["row"]["closed_at"]) == ("PROCESSING", None)
    keeper.act(alarm, "handle", verdict="FALSE_DEVICE", cause="探头受潮")
    take([world.signal()])
    assert Alarm.objects.count() == 2
    assert "已有未闭环预警" in keeper.act(alarm, "reopen", 409, note="又超限")["message"]


@pytest.mark.parametrize(
    ("name", "status"),
    [("city", 200), ("watcher", 200), ("keeper", 200), ("foreign", 404), ("stranger", 404)],
)
def test_city_district_and_keeper_see_the_alarm_others_do_not(world, alarm, name, status):
    them = officer(world, name)
    them.get(f"/{alarm.number}", status)
    them.get(f"/{alarm.number}/curve", status)
    assert them.get()["total"] == (1 if status == 200 else 0)
    them.post(f"/{alarm.number}/act", {"verb": "confirm", "version": 1}, status)


def test_a_batch_says_for_each_row_what_became_of_it(world):
    take([world.signal(series=n, level=3) for n in range(3)])
    rows = [{"number": a.number, "version": 1} for a in Alarm.objects.order_by("number")]
    rows[1]["version"] = 7
    answer = officer(world, "watcher").post("/batch", {"verb": "confirm", "rows": rows})
    assert [row["done"] for row in answer] == [True, False, True]
    assert Alarm.objects.filter(state="CONFIRMED").count() == 2


def test_a_silence_needs_a_reason_an_end_and_a_place_within_ones_scope(world, alarm):
    keeper, city = officer(world, "keeper"), officer(world, "city")
    body = {"works": world.works.works_no, "ends_at": "2099-01-01T00:00:00+08:00", "reason": ""}
    fields = {one["path"] for one in keeper.post("/silences", body, 422)["fields"]}
    assert fields == {"reason", "ends_at"}
    soon = (clock.now() + timedelta(hours=2)).isoformat()
    keeper.post("/silences", {"category": "ENV", "ends_at": soon, "reason": "检修"}, 403)
    stranger = officer(world, "stranger")
    stranger.post("/silences", {"works": world.works.works_no, "ends_at": soon, "reason": "检修"}, 422)
    made = keeper.post("/silences", {"works": world.works.works_no, "ends_at": soon, "reason": "检修"})
    assert [one["words"] for one in made] == ["延平公用民防工程"]
    assert stranger.get("/silences") == []
    assert city.post(f"/silences/{made[0]['id']}/end", {}) == []


def test_the_page_says_who_was_told_and_who_was_not_and_why(world, alarm):
    told = officer(world, "city").get(f"/{alarm.number}")["told"]
    by_target = {row["target"]: row for row in told}
    assert by_target["管理单位"]["ground"] == "橙色必推"
    assert by_target["管理单位"]["through"] == "站内 + 短信 1 人"
    assert by_target["市级值守"]["result"] == "未推"
    assert "前未确认才升级" in by_target["市级值守"]["reason"]


@pytest.mark.feature(89)
def test_the_ledger_is_filtered_by_category_tag_level_and_words_and_taken_out_as_files(world):
    take([world.signal(series=n, level=2 + n) for n in range(3)])
    Alarm.objects.filter(level=3).update(category="WATER", tags=["汛期"])
    city = officer(world, "city")
    page = city.get("?state=OPEN&category=ENV")
    assert page["total"] == 2
    assert {one["value"]: one["count"] for one in page["categories"] if one["count"]} == {
        "ENV": 2,
        "WATER": 1,
    }
    assert city.get("?tag=汛期")["total"] == city.get("?level=3")["total"] == 1
    assert city.get("?keyword=延平")["total"] == 3
    assert city.get("?keyword=没有这样的")["total"] == 0
    lines = b"".join(city.get("/export.csv?category=WATER")).decode().splitlines()
    assert len(lines) == 2
    assert "涉水" in lines[1]
    assert city.get("/export.xlsx").content[:2] == b"PK"


def test_the_list_asks_as_much_of_the_database_for_fifty_alarms_as_for_one(
    world, django_assert_max_num_queries
):
    take([world.signal()])
    city = officer(world, "city")
    city.get()
    now = Alarm.objects.get()
    Alarm.objects.bulk_create(_copies(now, 50))
    with django_assert_max_num_queries(14) as asked:
        assert len(city.get("?size=50")["rows"]) == 50
    own = [one["sql"] for one in asked if '"alm_' in one["sql"]]
    assert len(own) <= 8


def _copies(alarm: Alarm, amount: int) -> list[Alarm]:
    rows = []
    for n in range(amount):
        fields = {
            f.attname: getattr(alarm, f.attname) for f in Alarm._meta.concrete_fields if f.attname != "id"
        }
        rows.append(Alarm(**{**fields, "number": f"YJC{n}", "open_key": None}))
    return rows


def test_a_picture_of_the_place_is_kept_and_shown_only_to_those_who_see_the_alarm(world, alarm, tmp_path):
    from io import BytesIO

    from django.core.files.uploadedfile import SimpleUploadedFile
    from PIL import Image

    out = BytesIO()
    Image.new("RGB", (40, 30), "navy").save(out, "PNG")
    keeper = officer(world, "keeper")
    answer = keeper.http.post(
        f"/api/office/alarms/{alarm.number}/photos", {"file": SimpleUploadedFile("现场.png", out.getvalue())}
    )
    assert answer.status_code == 200, answer.content.decode()
    url = answer.json()[0]["url"]
    assert keeper.http.get(url)["Content-Type"] == "image/png"
    assert officer(world, "foreign").http.get(url).status_code == 404


def test_the_strip_counts_what_is_open_by_level_and_the_rates_of_the_month(world):
    take([world.signal(series=n, level=1 + n) for n in range(3)])
    keeper = officer(world, "keeper")
    first, second, _ = Alarm.objects.order_by("level")
    keeper.act(first, "handle", verdict="REAL_FIXED", cause="进水", measure="排水")
    keeper.act(second, "handle", verdict="FALSE_DEVICE", cause="受潮")
    strip = keeper.get("/summary")
    assert strip["open"] == 2
    assert [one["count"] for one in strip["by_level"]] == [1, 0, 1, 0]
    assert (strip["handled"]["part"], strip["handled"]["whole"]) == (2, 3)
    assert strip["accurate"]["share"] == 0.5


@pytest.mark.feature(89)
def test_alarms_are_found_by_tags_people_put_on_them(world, alarm):
    take([world.signal(series=1)])
    watcher, keeper = officer(world, "watcher"), officer(world, "keeper")
    seen = watcher.post(f"/{alarm.number}/tags", {"add": ["检修", " 复查 ", "检修"]})
    assert seen["row"]["tags"] == ["检修", "复查"]
    assert seen["row"]["version"] == alarm.version
    seen = keeper.post(f"/{alarm.number}/tags", {"add": ["汛期"], "remove": ["复查", "无此标签"]})
    assert seen["row"]["tags"] == ["检修", "汛期"]
    assert [row["number"] for row in watcher.get("?tag=汛期,别的")["rows"]] == [alarm.number]
    assert watcher.get("?tag=检")["rows"] == []
    assert {(one["value"], one["count"]) for one in watcher.get("/tags")} == {("检修", 1), ("汛期", 1)}
    assert officer(world, "foreign").get("/tags") == []
    assert [row.note for row in AlarmEvent.objects.filter(kind="TAG")] == [
        "加标签“检修、复查”",
        "加标签“汛期”，去标签“复查”",
    ]
    assert AuditEvent.objects.filter(action="iot_alarm.tag").count() == 2


def test_a_tag_is_a_short_word_and_an_alarm_has_few(world, alarm):
    watcher = officer(world, "watcher")
    for wrong in ('一"二', "a,b", "很长很长很长很长很长很长很长"):
        watcher.post(f"/{alarm.number}/tags", {"add": [wrong]}, 422)
    watcher.post(f"/{alarm.number}/tags", {"add": [f"标签{n}" for n in range(9)]}, 422)
    officer(world, "stranger").post(f"/{alarm.number}/tags", {"add": ["检修"]}, 404)
    watcher.post(f"/{alarm.number}/tags", {"remove": ["没有的"]})
    alarm.refresh_from_db()
    assert alarm.tags == []


def test_two_officers_at_once_and_a_double_click_get_one_clear_answer(world, alarm):
    watcher, city = officer(world, "watcher"), officer(world, "city")
    body = {"verb": "confirm", "version": alarm.version}
    watcher.post(f"/{alarm.number}/act", body)
    for again in (city, watcher):
        said = again.post(f"/{alarm.number}/act", body, 409)
        assert said["code"] == "STALE"
        assert "watcher已于" in said["message"]
        assert "确认" in said["message"]
    assert alarm.events.filter(kind="CONFIRM").count() == 1


def test_a_curve_begins_early_enough_for_a_slow_device_and_holds_up_to_the_level_it_reached(world, alarm):
    device, now = world.devices[0], clock.now()
    device.period_seconds = 1800
    device.save()
    at = [now - timedelta(minutes=30 * n) for n in range(30)]
    micros = [int(one.timestamp() * 1e6) for one in at]
    with transaction.atomic():
        store.write(batches.build([alarm.series_id] * 30, micros, [30.0] * 30, [0] * 30, micros))
    risen = alarm.opened_at + timedelta(minutes=10)
    alarm.explanation = {**alarm.explanation, "at": int(risen.timestamp() * 1e6)}
    world.version.definition = {"levels": [{"level": 2, "when": [{"value": 35.0, "hold_seconds": 300}]}]}
    world.version.save()
    alarm.save()
    curve = officer(world, "watcher").get(f"/{alarm.number}/curve")
    assert len(curve["points"]) >= 20
    assert curve["reached"] - curve["raised"] == pytest.approx(600, abs=1)
    assert curve["reached"] - curve["hold_from"] == pytest.approx(300, abs=1)
