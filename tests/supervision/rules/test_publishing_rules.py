"""Rules from draft to force: shipped ones, races, switching off, what runs on under its old version."""

from datetime import timedelta
from typing import Any

import pytest
from tests.supervision.rules.conftest import Site
from tests.supervision.rules.support import MIN, T0, batch, curve, told

from minfang.kernel.base import clock
from minfang.kernel.base.errors import Refusal
from minfang.supervision.rules import actions, queries
from minfang.supervision.rules.actions.editing import blank
from minfang.supervision.rules.actions.publishing import shipped
from minfang.supervision.rules.models import AlarmRule, AlarmRuleVersion, RuleState, VersionState
from minfang.supervision.telemetry import metrics

pytestmark = pytest.mark.django_db


def definition(value: float = 30.0, **more: Any) -> dict[str, Any]:
    levels = [{"level": 2, "when": [{"kind": "compare", "op": "gt", "value": value, **more}]}]
    return {**blank(), "levels": levels, "dedupe": {"kind": "NONE"}, "repeat_minutes": None}


def published(site: Site, value: float = 30.0, code: str = "R-1", **more: Any) -> AlarmRule:
    person = site.people["t.admin"]
    rule = actions.create_rule(person, code, "温度偏高", "ENV", definition(value, **more))
    actions.publish(person, rule.pk, 1, None, "按手册设定")
    return rule


@pytest.fixture(autouse=True)
def _at_once(django_capture_on_commit_callbacks: Any) -> Any:
    with django_capture_on_commit_callbacks(execute=True):
        yield


@pytest.mark.feature(90)
def test_every_metric_has_a_shipped_rule_that_runs(site: Site) -> None:
    assert actions.load_shipped() == len(shipped())
    assert actions.load_shipped() == 0
    for number, metric in enumerate(metrics.catalogue()):
        site.device("W1", f"D{number}", metric)
    engine = queries.live_engine()
    watched = {rule.definition.metric for rule in engine.compiled if rule.plans}
    assert set(metrics.catalogue()) - watched <= {"CURR", "WIND", "AIRP"}  # these follow their equipment


def test_the_engine_reads_anew_after_publishing_and_remembers_across_a_restart(site: Site) -> None:
    number = site.device("W1", "D1")
    published(site, 30.0, hold_seconds=1200)
    queries.forget_engine()
    engine = queries.live_engine()
    engine.feed(batch(curve(number, 10, [31.0, 31.0])))
    actions.save_states(engine)
    row = RuleState.objects.get()
    assert (row.phase, row.series, row.next_due) == ("PENDING", number, T0 + 20 * MIN)
    queries.forget_engine()
    said = queries.live_engine().feed(batch(curve(number, 10, [31.0, 31.0], T0 + 20 * MIN)))
    assert told(said) == [("RAISE", 2, 20.0)]


def test_what_is_open_keeps_its_version_until_it_clears(site: Site) -> None:
    number = site.device("W1", "D1")
    rule = published(site, 30.0)
    queries.forget_engine()
    engine = queries.live_engine()
    assert told(engine.feed(batch([(number, T0, 31.0)]))) == [("RAISE", 2, 0.0)]
    actions.save_states(engine)
    person = site.people["t.admin"]
    draft = actions.new_draft(person, rule.pk)
    draft = actions.save_draft(person, rule.pk, draft.edit, "温度偏高", definition(40.0))
    actions.publish(person, rule.pk, draft.edit, 1, "调高触发值")
    queries.forget_engine()
    engine = queries.live_engine()
    assert engine.feed(batch([(number, T0 + MIN, 35.0)])) == []
    cleared = engine.feed(batch([(number, T0 + 2 * MIN, 29.0)]))
    assert [(s.kind, s.version_id) for s in cleared] == [("CLEAR", rule.versions.get(number=1).pk)]
    assert engine.feed(batch([(number, T0 + 3 * MIN, 35.0)])) == []
    risen = engine.feed(batch([(number, T0 + 4 * MIN, 41.0)]))
    assert [(s.kind, s.version_id) for s in risen] == [("RAISE", rule.versions.get(number=2).pk)]
    actions.save_states(engine)
    assert RuleState.objects.get().version.number == 2


def test_of_two_officers_the_second_is_refused(site: Site) -> None:
    rule = published(site)
    first, second = site.people["t.admin"], site.people["t.second"]
    draft = actions.new_draft(first, rule.pk)
    assert actions.new_draft(second, rule.pk).pk == draft.pk
    actions.save_draft(first, rule.pk, draft.edit, "温度偏高", definition(33.0))
    with pytest.raises(Refusal, match="STALE"):
        actions.save_draft(second, rule.pk, draft.edit, "温度偏高", definition(34.0))
    with pytest.raises(Refusal, match="STALE"):
        actions.publish(second, rule.pk, draft.edit, 1, "没有看到修改")
    actions.publish(first, rule.pk, draft.edit + 1, 1, "按讨论意见")
    with pytest.raises(Refusal, match="NOT_FOUND"):
        actions.publish(second, rule.pk, draft.edit + 1, 1, "再发一次吧")
    states = list(AlarmRuleVersion.objects.filter(rule=rule).values_list("number", "state"))
    assert states == [(2, VersionState.PUBLISHED), (1, VersionState.RETIRED)]


def test_a_rule_switched_off_says_nothing_new_but_still_clears(site: Site) -> None:
    number = site.device("W1", "D1")
    rule = published(site)
    queries.forget_engine()
    engine = queries.live_engine()
    engine.feed(batch([(number, T0, 31.0)]))
    actions.save_states(engine)
    with pytest.raises(Refusal, match="INVALID"):
        actions.switch(site.people["t.admin"], rule.pk, False, "")
    actions.switch(site.people["t.admin"], rule.pk, False, "设备检修期间")
    queries.forget_engine()
    engine = queries.live_engine()
    assert told(engine.feed(batch([(number, T0 + MIN, 29.0)]))) == [("CLEAR", 2, 1.0)]
    assert engine.feed(batch([(number, T0 + 2 * MIN, 39.0)])) == []


def test_an_engine_notices_a_new_version_by_itself(site: Site) -> None:
    number = site.device("W1", "D1")
    queries.forget_engine()
    assert queries.live_engine().feed(batch([(number, T0, 31.0)])) == []
    published(site)
    with clock.moved_to(clock.now() + timedelta(seconds=3)):
        assert told(queries.live_engine().feed(batch([(number, T0 + MIN, 31.0)]))) == [("RAISE", 2, 1.0)]


@pytest.mark.feature(91)
def test_one_frequency_threshold_serves_several_rules_and_cannot_be_dropped_while_it_does(site: Site) -> None:
    number = site.device("W1", "D1")
    person = site.people["t.admin"]
    actions.keep_frequency(person, "HOUR-2", "1 小时 2 次", 2, 3600, None)
    for code in ("R-1", "R-2"):
        rule = actions.create_rule(
            person,
            code,
            code,
            "ENV",
            {
                **definition(),
                "levels": [
                    {
                        "level": 2,
                        "when": [{"kind": "frequent", "op": "gt", "value": 30, "frequency": "HOUR-2"}],
                    }
                ],
            },
        )
        actions.publish(person, rule.pk, 1, None, "频发告警")
    queries.forget_engine()
    engine = queries.live_engine()
    assert told(engine.feed(batch(curve(number, 10, [31.0, 31.0])))) == [("RAISE", 2, 10.0)] * 2
    with pytest.raises(Refusal, match=r"IN_USE.*R-1、R-2"):
        actions.drop_frequency(person, "HOUR-2")
