"""What the models say of a history of alarms, and that each number is the number of rows behind it."""

from datetime import date, timedelta
from typing import Any

import pytest
from tests.support import alarm_history as make
from tests.support.alarm_history import NOON

from minfang.kernel.audit.models import AuditEvent
from minfang.kernel.base import clock
from minfang.kernel.messaging.models import Message
from minfang.supervision.alarms.models import Alarm
from minfang.supervision.anomalies.actions.checking import remind_overdue
from minfang.supervision.anomalies.models import AnomalyFinding
from minfang.supervision.rules.models import AlarmRule, AlarmRuleVersion, VersionState

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)


def by_label(table: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """The rows of a table by what they are about."""
    return {f"{row['group']}/{row['label']}" if row["group"] else row["label"]: row for row in table["rows"]}


def each_number_leads_to_its_rows(get: Any, table: dict[str, Any], **asked: Any) -> None:
    """Every count with rows behind it is the number of those rows."""
    assert table["rows"]
    for row in table["rows"]:
        for column in table["columns"]:
            if column["only"]:
                found = get(
                    f"/anomalies/{table['model']}/rows",
                    key=row["key"],
                    only=column["only"],
                    size=100,
                    **asked,
                )
                shown = row["cells"][column["code"]]
                assert found["total"] == len(found["rows"]) == shown, (row["label"], column["title"])


@pytest.mark.feature(92)
def test_repeated_alarms_nobody_handled_are_found_by_the_limit_of_their_category(get: Any) -> None:
    place = make.works()
    rule = AlarmRule.objects.create(code="T-1", name="机房温度偏高", category="ENV")
    loud, gas, calm = make.device(place), make.device(place, "CO"), make.device(place)
    for n in range(4):
        make.alarm(loud, "REAL_FIXED", NOON - (40 - n) * HOUR, rule=rule)
    make.alarm(loud, at=NOON - 30 * HOUR, hours=None, rule=rule)
    make.alarm(gas, at=NOON - 13 * HOUR, hours=None, category="GAS", count=3, last_at=NOON - 11 * HOUR)
    make.alarm(calm, at=NOON - 48 * HOUR, hours=None, rule=rule, count=4, last_at=NOON - 40 * HOUR)
    make.alarm(make.device(place), at=NOON - 5 * HOUR, hours=None, count=99, last_at=NOON)
    table = get("/anomalies/repeated")
    rows = by_label(table)
    assert set(rows) == {loud.name, gas.name, calm.name}
    assert rows[loud.name]["flagged"]
    assert rows[loud.name]["cells"]["times"] == 5
    assert rows[gas.name]["flagged"]
    assert rows[gas.name]["cells"]["threshold"] == 3
    assert not rows[calm.name]["flagged"]
    assert rows[calm.name]["cells"]["times"] == 4
    assert any("5 次" in line for line in table["how"])
    each_number_leads_to_its_rows(get, table)


@pytest.fixture
def makers() -> None:
    """Three makers of temperature sensors, one of them bad; one maker of gas sensors with few alarms."""
    place = make.works()
    make.judged(make.device(place, maker="甲厂", batch="A1"), 3, 37)
    make.judged(make.device(place, maker="乙厂", batch="B1"), 4, 36)
    make.judged(make.device(place, maker="丙厂", batch="C1"), 24, 16)
    make.judged(make.device(place, "CO", maker="丙厂", batch="C2"), 6, 4)
    make.judged(make.device(place, "CO", maker="甲厂"), 1, 30)


@pytest.mark.feature(93)
def test_a_maker_with_many_false_alarms_stands_out_beside_others_of_its_type(get: Any, makers: None) -> None:
    table = get("/anomalies/makers", span="month", period="2026-07")
    rows = by_label(table)
    bad = rows["温度/丙厂"]
    assert bad["flagged"]
    assert bad["cells"]["judged"] == 40
    assert bad["cells"]["false"] == 24
    assert bad["cells"]["raw"] == pytest.approx(0.6)
    assert bad["cells"]["smoothed"] == pytest.approx(26 / 50)
    assert [key for key, row in rows.items() if row["flagged"]] == ["温度/丙厂"]
    few = next(row for key, row in rows.items() if key.endswith("/丙厂") and key != "温度/丙厂")
    assert few["small"]
    assert few["reason"].startswith("样本不足")
    each_number_leads_to_its_rows(get, table, span="month", period="2026-07")


@pytest.mark.feature(93)
def test_the_types_of_one_maker_are_shown_beside_each_other(get: Any, makers: None) -> None:
    table = get("/anomalies/makers", by="maker", span="year")
    own = {row["label"]: row["cells"]["judged"] for row in table["rows"] if row["group"] == "丙厂"}
    assert own.pop("全部类型") == 50
    assert sorted(own.values()) == [10, 40]
    each_number_leads_to_its_rows(get, table, by="maker", span="year")


@pytest.mark.feature(94)
def test_batches_are_compared_by_month_quarter_and_year(get: Any, makers: None) -> None:
    late = make.device(make.works(), maker="丁厂", batch="D1")
    make.judged(late, 8, 7, NOON - timedelta(days=62))
    make.judged(late, 2, 9)
    marked = {}
    for span in ("month", "quarter", "year"):
        table = get("/anomalies/batches", span=span)
        marked[span] = {row["label"] for row in table["rows"] if row["flagged"]}
        each_number_leads_to_its_rows(get, table, span=span)
        row = by_label(table)["D1"]
        assert row["cells"]["judged"] == (26 if span == "year" else 11)
    assert marked == {"month": {"C1"}, "quarter": {"C1"}, "year": {"C1", "D1"}}
    trend = by_label(get("/anomalies/batches", span="month"))["D1"]["trend"]
    assert [(b["period"], b["false"], b["judged"]) for b in trend if b["judged"]] == [
        ("2026-05", 8, 15),
        ("2026-07", 2, 11),
    ]


@pytest.mark.feature(95)
def test_a_work_with_more_alarms_than_its_kind_or_its_past_stands_out(get: Any) -> None:
    places = [make.works(kind="JJ") for _ in range(6)]
    for number, place in enumerate(places):
        on = make.device(place)
        for _ in range(30 if number == 0 else 6 if number == 1 else 5):
            make.alarm(on, "FALSE_ENV" if number == 0 else "REAL_FIXED")
        for back in range(1, 7):
            for _ in range(30 if number == 0 else 1 if number == 1 else 5):
                make.alarm(on, "REAL_FIXED", NOON - timedelta(days=30 * back))
    table = get("/anomalies/works", span="month")
    rows = {row["label"]: row for row in table["rows"]}
    many, more = rows[places[0].name], rows[places[1].name]
    assert many["flagged"]
    assert "同类工程 P90" in many["reason"]
    assert "自身" not in many["reason"]
    assert many["cells"]["share"] == 1.0
    assert more["flagged"]
    assert "自身" in more["reason"]
    assert "同类" not in more["reason"]
    assert sum(row["flagged"] for row in table["rows"]) == 2
    each_number_leads_to_its_rows(get, table, span="month")


@pytest.mark.feature(96)
def test_false_alarms_are_told_by_who_built_and_who_installed(get: Any) -> None:
    good, bad = make.works(contractor=make.company("一建")), make.works(contractor=make.company("二建"))
    make.judged(make.device(good, installer=make.company("安装甲")), 2, 38)
    make.judged(make.device(bad, installer=make.company("安装乙")), 25, 15)
    built = get("/anomalies/builders", span="month")
    assert {row["label"]: row["flagged"] for row in built["rows"]} == {"一建": False, "二建": True}
    each_number_leads_to_its_rows(get, built, span="month")
    fitted = get("/anomalies/builders", span="month", by="installer")
    assert {row["label"]: row["flagged"] for row in fitted["rows"]} == {"安装甲": False, "安装乙": True}


@pytest.mark.feature(97)
def test_devices_near_the_end_of_life_or_due_for_upkeep_are_listed(get: Any) -> None:
    place = make.works()
    new = {"installed_on": date(2026, 1, 5)}
    old = make.device(place, installed_on=date(2021, 10, 1), life_months=60)
    soon = make.device(place, maintained_on=date(2026, 1, 20), maintenance_months=6, **new)
    over = make.device(place, "LEL", calibrated_on=date(2026, 1, 1), **new)
    weak = make.device(place, battery=12, **new)
    make.device(place, battery=80, life_months=60, maintenance_months=12, **new)
    table = get("/anomalies/devices")
    said = {row["label"]: row["reason"] for row in table["rows"]}
    assert set(said) == {old.name, soon.name, over.name, weak.name}
    assert "有效时长的 95" in said[old.name]
    assert said[soon.name] == "保养 6 天后到期"
    assert said[over.name] == "标定已过期 13 天"
    assert said[weak.name] == "电量 12%"


@pytest.mark.feature(98)
def test_devices_added_in_an_emergency_are_watched_for_what_they_send(get: Any) -> None:
    place, calm = make.works(op_state="EMERGENCY"), make.works()
    heard = make.device(place, added_in_emergency=True, last_seen_at=NOON - timedelta(minutes=14))
    make.device(place, added_in_emergency=True, last_seen_at=NOON - timedelta(minutes=16))
    make.device(place, added_in_emergency=True)
    make.device(place), make.device(calm, added_in_emergency=True)
    rule = AlarmRule.objects.create(code="T-E", name="应急滤毒", category="GAS")
    AlarmRuleVersion.objects.create(
        rule=rule,
        number=1,
        state=VersionState.PUBLISHED,
        digest="0" * 64,
        definition={"op_states": ["EMERGENCY"]},
    )
    table = get("/anomalies/emergency")
    (row,) = table["rows"]
    cells = row["cells"]
    assert (cells["rules"], cells["added"], cells["heard"], cells["silent"]) == (1, 3, 1, 2)
    assert row["flagged"]
    assert "2 台未上报" in row["reason"]
    each_number_leads_to_its_rows(get, table)
    found = get("/anomalies/emergency/rows", key=row["key"], only="heard")
    assert [line[0] for line in found["rows"]] == [heard.device_no]


def test_an_office_checks_an_anomaly_and_says_what_came_of_it(get: Any, send: Any, makers: None) -> None:
    row = by_label(get("/anomalies/makers", span="month"))["温度/丙厂"]
    address = "/anomalies/makers/findings?span=month"
    send(address, {"key": row["key"], "verb": "IGNORE", "note": ""}, status=422)
    send(address, {"key": "0.NONE", "verb": "TASK", "note": "请核查该厂家"}, status=404)
    send(address, {"key": row["key"], "verb": "TASK", "note": "请核查该厂家"})
    send(address, {"key": row["key"], "verb": "HANDLE", "note": "已约谈厂家并更换"})
    shown = by_label(get("/anomalies/makers", span="month", state="HANDLED"))["温度/丙厂"]["finding"]
    assert (shown["state"], shown["note"]) == ("HANDLED", "已约谈厂家并更换")
    assert AnomalyFinding.objects.get().figures["cells"]["false"] == 24
    codes = AuditEvent.objects.filter(action__startswith="anomaly.").values_list("action", flat=True)
    assert sorted(codes) == ["anomaly.handle", "anomaly.task"]
    assert by_label(get("/anomalies/makers", "district", span="month"))["温度/丙厂"]["finding"] is None


def test_a_district_sees_figures_of_its_own_works_only(get: Any, makers: None) -> None:
    make.judged(make.device(make.works("310115"), maker="戊厂"), 30, 10)
    assert "温度/戊厂" in by_label(get("/anomalies/makers", span="month"))
    assert "温度/戊厂" not in by_label(get("/anomalies/makers", "district", span="month"))
    key = f"{make.company('戊厂').pk}.TEMP"
    assert get("/anomalies/makers/rows", "district", key=key, span="month")["total"] == 0


def test_pages_of_models_answer_what_they_are_asked(get: Any, makers: None) -> None:
    models = {row["code"]: row["flagged"] for row in get("/anomalies")}
    assert models["makers"] == 1
    assert len(models) == 7
    assert get("/anomalies/makers/export.xlsx", span="quarter")[:2] == b"PK"
    assert {o["value"] for o in get("/anomalies/options")["sensors"]} == {"TEMP", "CO"}
    filtered = get("/anomalies/makers", sensor="CO", span="month")
    assert sum(row["cells"]["judged"] for row in filtered["rows"]) == 41
    get("/anomalies/nothing", status=404)
    get("/anomalies/makers", span="week", status=422)
    get("/anomalies/makers", span="month", period="2026-13", status=422)
    get("/anomalies/makers/rows", key="-x.%00", only="'")
    assert Alarm.objects.count() == 171


@pytest.mark.feature(92)
def test_the_city_changes_the_limits_of_repeated_alarms_with_a_reason_and_a_history(
    get: Any, send: Any
) -> None:
    place = make.works()
    make.alarm(make.device(place), at=NOON - 30 * HOUR, hours=None, count=4, last_at=NOON - 20 * HOUR)
    assert not get("/anomalies/repeated")["rows"][0]["flagged"]
    before = {row["category"]: row for row in get("/anomalies/limits")["rows"]}
    assert (before["ENV"]["own"], before["ENV"]["times"], before["GAS"]["times"]) == (False, 5, 3)
    wanted = {"version": 0, "times": 4, "hours": 12, "open_hours": 24, "note": "汛期从严"}
    put = {"person": "admin", "method": "PUT"}
    after = send("/anomalies/limits/ENV", wanted, **put)
    row = next(one for one in after["rows"] if one["category"] == "ENV")
    assert (row["own"], row["shipped"], row["changed_by"], row["note"]) == (True, False, "admin", "汛期从严")
    table = get("/anomalies/repeated")
    assert table["rows"][0]["flagged"]
    assert table["rows"][0]["cells"]["threshold"] == 4
    assert any("环境 4 次/12 小时" in line for line in table["how"])
    send("/anomalies/limits/ENV", wanted, status=409, **put)
    send("/anomalies/limits/ENV", {**wanted, "version": 1, "times": 1, "note": ""}, status=422, **put)
    send("/anomalies/limits/NONE", wanted, status=404, **put)
    send("/anomalies/limits/ENV", {**wanted, "version": 1}, person="local", status=403, method="PUT")
    send("/anomalies/limits/ENV", {**wanted, "version": 1}, person="watcher", status=403, method="PUT")
    back = send("/anomalies/limits/ENV", {"version": 1, "note": "汛期结束"}, **put)
    assert back["changes"][0]["words"] == "恢复出厂值"
    assert not get("/anomalies/repeated")["rows"][0]["flagged"]
    trail = AuditEvent.objects.filter(action="anomaly.limit")
    assert sorted(trail.values_list("actor_name", flat=True)) == ["admin", "admin"]


def test_a_check_goes_to_an_office_with_a_deadline_in_working_days_and_comes_back_with_a_result(
    get: Any, send: Any, makers: None
) -> None:
    row = by_label(get("/anomalies/makers", span="month"))["温度/丙厂"]
    choices = get("/anomalies/tasks/choices")
    office = next(one for one in choices["offices"] if one["name"] == "A-310106")
    assert choices["offices"][0]["name"] == "A-CITY"
    assert {"workdays": 5, "on": "2026-07-21"} in choices["due"]
    order = {"key": row["key"], "verb": "TASK", "note": "到现场查丙厂温度探头", "office_id": office["id"]}
    address = "/anomalies/makers/findings?span=month"
    send(address, {**order, "office_id": -1}, status=422)
    send(address, {**order, "workdays": 61}, status=422)
    send(address, {**order, "person_id": -1}, status=422)
    made = send(address, {**order, "workdays": 3})
    assert (made["assigned"], made["due_on"], made["overdue"]) == ("A-310106", "2026-07-17", False)
    task = get("/anomalies/tasks", "district", whose="TODO")["rows"][0]
    assert task["verbs"] == ["REPORT"]
    own = f"/anomalies/tasks/{task['id']}"
    answer = {
        "verb": "REPORT",
        "version": task["version"],
        "note": "更换三只探头，观察一周",
        "outcome": "REPAIRED",
    }
    send(own, {**answer, "outcome": ""}, person="district", status=422)
    send(own, {**answer, "verb": "HANDLE"}, person="district", status=409)
    assert send(own, answer, person="district")["state"] == "REPORTED"
    send(own, answer, person="district", status=409)
    seen = get(own)
    assert seen["verbs"] == ["HANDLE", "IGNORE", "ASSIGN"]
    again = {"verb": "ASSIGN", "version": seen["version"], "note": "缺照片，请补", "office_id": office["id"]}
    again_out = send(own, {**again, "person_id": office["people"][0]["id"]})
    assert again_out["due_on"] == "2026-07-21"
    late = NOON + timedelta(days=8)
    with clock.moved_to(late):
        shown = get("/anomalies/tasks", state="LATE")
        assert (shown["late"], shown["rows"][0]["overdue"]) == (1, True)
        assert remind_overdue() == 1
        assert remind_overdue() == 0
    done = send(own, {**answer, "verb": "HANDLE", "version": 3, "note": "已复核，照片齐全"})
    assert [step["verb"] for step in done["steps"]] == ["TASK", "REPORT", "ASSIGN", "HANDLE"]
    assert (done["outcome"], done["overdue"], done["verbs"]) == ("REPAIRED", False, [])
    told = Message.objects.filter(subject=f"anomaly:{task['id']}").values_list("event", "person__name")
    assert ("anomaly.report", "watcher") in told
    assert {event for event, _ in told} == {"anomaly.task", "anomaly.report", "anomaly.overdue"}
    codes = AuditEvent.objects.filter(action__startswith="anomaly.").values_list("action", flat=True)
    assert sorted(codes) == ["anomaly.assign", "anomaly.handle", "anomaly.report", "anomaly.task"]


def test_checks_of_other_offices_are_not_there(get: Any, send: Any, makers: None) -> None:
    row = by_label(get("/anomalies/makers", span="month"))["温度/丙厂"]
    send("/anomalies/makers/findings?span=month", {"key": row["key"], "verb": "TASK", "note": "请核查该厂家"})
    number = AnomalyFinding.objects.get().pk
    get(f"/anomalies/tasks/{number}", "district", status=404)
    said = {"verb": "REPORT", "version": 1, "note": "不是我的任务", "outcome": "NORMAL"}
    send(f"/anomalies/tasks/{number}", said, person="district", status=404)
    assert get("/anomalies/tasks", "district")["total"] == 0
    assert get("/anomalies/tasks", whose="SENT")["rows"][0]["assigned"] == "A-CITY"
