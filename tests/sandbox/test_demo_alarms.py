"""The demonstration's alarms agree with the rules that raised them, and the models find what was planted."""

import operator
import time
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any

import pytest
from django.db import transaction

from minfang.kernel.base import clock
from minfang.kernel.iam.access import Access
from minfang.kernel.iam.models import Person
from minfang.registry.sensor_types import all_types
from minfang.sandbox import demo, demo_alarms, demo_works
from minfang.sandbox.demo_alarms.makers import definition
from minfang.services.actions import publishing
from minfang.supervision.alarms.actions import take
from minfang.supervision.alarms.models import Alarm, AlarmPush, Verdict
from minfang.supervision.alarms.policy import policy_of
from minfang.supervision.alarms.queries import curves, lists
from minfang.supervision.alarms.times import microseconds
from minfang.supervision.anomalies import queries
from minfang.supervision.rules.actions.publishing import load_shipped
from minfang.supervision.rules.definition import RuleDefinition
from minfang.supervision.rules.queries import forget_engine, live_engine
from minfang.supervision.telemetry import batches

pytestmark = [pytest.mark.django_db, pytest.mark.xdist_group("demo_alarms")]
MORNING = datetime(2026, 11, 22, 9, 40, tzinfo=clock.SHANGHAI)
SIGNS: dict[str, Callable[[float, float], bool]] = {
    "gt": operator.gt,
    "ge": operator.ge,
    "lt": operator.lt,
    "le": operator.le,
    "eq": operator.eq,
}


@pytest.fixture(scope="module", autouse=True)
def history(django_db_setup: None, django_db_blocker: Any) -> Iterator[None]:
    """The works and their alarms, made once and gone after this module."""
    with django_db_blocker.unblock(), transaction.atomic(), clock.moved_to(MORNING):
        publishing.load_all()
        demo.ensure_accounts()
        load_shipped()
        demo_works.load(devices=506)
        begun = time.thread_time()
        made = demo_alarms.ensure()
        assert time.thread_time() - begun < 6
        assert made == Alarm.objects.count() > 1000
        yield
        transaction.set_rollback(True)


@pytest.fixture(autouse=True)
def morning(history: None, db: None) -> Iterator[None]:
    with clock.moved_to(MORNING):
        yield


def watcher() -> Access:
    return Access(Person.objects.get(username="tao.yiming"))


def reaches(alarm: Alarm, level: int) -> bool:
    """Whether the value fulfils a plain comparison of that level, at the threshold the alarm names."""
    assert alarm.rule_version is not None
    assert alarm.value is not None
    rule = RuleDefinition.model_validate(alarm.rule_version.definition)
    design = alarm.device.equipment.design if alarm.device and alarm.device.equipment else {}
    for test in (test for one in rule.levels if one.level == level for test in one.when):
        if test.kind == "silent":
            return True
        if test.kind != "compare":
            continue
        bound: Any = test.value
        if not isinstance(bound, float):
            bound = float(design.get(bound.design, bound.fallback)) * bound.factor + bound.plus
        if SIGNS[test.op](alarm.value, bound):
            return level != alarm.level or alarm.threshold == pytest.approx(bound)
    return False


def every_alarm_has_the_level_threshold_and_words_of_its_rule() -> None:
    rows = list(Alarm.objects.select_related("rule_version", "rule", "device__equipment", "works"))
    for alarm in rows:
        assert reaches(alarm, alarm.level), (alarm.title, alarm.level, alarm.value, alarm.threshold)
        graver = [level for level in range(1, alarm.level) if reaches(alarm, level)]
        assert graver == [] or alarm.metric == "WATER", (alarm.title, alarm.level, alarm.value)
        assert alarm.works.name in alarm.message
        assert alarm.explanation["threshold"] == alarm.threshold
        readings = [tuple(one) for one in alarm.explanation["readings"]]
        assert len(readings) >= 24
        assert readings == sorted(readings)
        assert alarm.metric in {*all_types(), "BATTERY"}
        assert all(step["passed"] for step in alarm.explanation["steps"])
        assert alarm.category == alarm.rule.category if alarm.rule else False
    assert demo_alarms.ensure() == 0
    assert {alarm.level for alarm in rows} == {1, 2, 3, 4}


def open_alarms_were_told_to_whom_their_level_names_and_have_a_curve() -> None:
    opened = list(
        Alarm.objects.filter(closed_at=None).select_related("rule_version", "works", "rule", "device")
    )
    assert len(opened) == len(definition()["open"]["rows"])
    red = next(alarm for alarm in opened if alarm.level == 1)
    assert "吴淞" in red.works.name
    assert red.metric == "SUMP"
    assert red.value is not None
    assert red.value >= 1800
    for alarm in opened:
        assert alarm.rule_version is not None
        wanted = policy_of(alarm.level, alarm.rule_version.definition).receivers
        told = AlarmPush.objects.filter(alarm=alarm, level=alarm.level)
        assert set(told.values_list("target", flat=True)) == set(wanted)
        assert told.filter(state__in=("TOLD", "TAKEN")).exists() or alarm.level > 2
        assert not told.filter(state="NOT_TOLD", reason="").exists()
        curve = curves.curve_of(watcher(), alarm.number)
        often = alarm.device is not None and alarm.metric != "BATTERY" and alarm.device.period_seconds <= 300
        assert len(curve.points) >= (10 if often else 4)
        assert len(alarm.explanation["readings"]) >= 24
        assert alarm.opened_at <= alarm.raised_at <= MORNING


def readings_of_a_good_day_clear_what_is_open_and_open_nothing_twice() -> None:
    alarm = Alarm.objects.filter(closed_at=None, cleared_at=None, metric="TEMP").first()
    assert alarm is not None
    assert alarm.series_id is not None
    forget_engine()
    engine = live_engine()
    at = microseconds(MORNING)
    for n in range(1, 25):
        when = [at + n * 300_000_000]
        batch = batches.build([alarm.series_id], when, [21.0], [0], when)
        with transaction.atomic():
            take(engine.feed(batch))
    forget_engine()
    alarm.refresh_from_db()
    assert alarm.cleared_at is not None
    assert Alarm.objects.filter(series_id=alarm.series_id, closed_at=None).count() == 1


def test_every_alarm_agrees_with_its_rule_and_open_ones_were_told_and_have_a_curve() -> None:
    every_alarm_has_the_level_threshold_and_words_of_its_rule()
    open_alarms_were_told_to_whom_their_level_names_and_have_a_curve()
    readings_of_a_good_day_clear_what_is_open_and_open_nothing_twice()


def this_month_is_that_of_a_city_that_handles_its_alarms() -> None:
    handled, accurate = lists._rates(watcher(), MORNING)
    assert handled.share == pytest.approx(0.93, abs=0.015)
    assert accurate.share == pytest.approx(0.95, abs=0.025)
    judged = Alarm.objects.exclude(verdict="")
    false = judged.exclude(verdict=Verdict.REAL_FIXED).count()
    assert false / judged.count() < 0.12


def flagged(model: str, **more: Any) -> list[Any]:
    found = queries.MODELS[model]
    return [one for one in found.figures(queries.asked_of(watcher(), found, "", "", **more)) if one.flagged]


def test_the_models_find_what_was_planted_and_little_else() -> None:
    this_month_is_that_of_a_city_that_handles_its_alarms()
    works = flagged("works")
    assert [one.label[:3] for one in works] == [definition()["history"]["busy_works"]]
    assert any(one.sub == "SUMP" or "液位" in one.group for one in flagged("makers"))
    assert {one.label for one in flagged("batches")} == set(demo_works.weak_batches())
    assert len(flagged("builders", by="contractor")) == 1
    repeated = flagged("repeated")
    assert len(repeated) == 1
    assert repeated[0].cells["times"] >= 5
    assert repeated[0].cells["open_hours"] > 24
    marked = Counter({one.code: one.flagged for one in queries.overview(watcher())})
    assert set(marked) == set(queries.MODELS)
    assert marked["devices"] > 0
