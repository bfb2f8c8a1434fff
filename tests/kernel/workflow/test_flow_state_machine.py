"""The engine with its rows: random definitions and random verbs through the actions a person uses."""

from collections import Counter
from typing import Any

import pytest
from django.db import transaction
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    rule,
    run_state_machine_as_test,
)
from tests.kernel.workflow.random_graphs import FACTS, graphs
from tests.kernel.workflow.samples import World
from tests.kernel.workflow.test_flow_machine import check_items, check_tokens

from minfang.kernel.base.errors import Refusal
from minfang.kernel.iam.access import Access
from minfang.kernel.iam.models import Person
from minfang.kernel.workflow import actions, queries
from minfang.kernel.workflow.definitions import graph_of
from minfang.kernel.workflow.models import FlowEvent, ProcessInstance, WorkItem
from minfang.kernel.workflow.state import ENDED

PICK = st.integers(0, 1000)


class Desk(RuleBasedStateMachine):
    """People at their desks, doing whatever the buttons allow."""

    def __init__(self) -> None:
        super().__init__()
        self._transaction = transaction.atomic()
        self._transaction.__enter__()
        self.world = World()
        self.finished: dict[int, tuple[Any, ...]] = {}
        self.events = 0

    def teardown(self) -> None:
        transaction.set_rollback(True)
        self._transaction.__exit__(None, None, None)

    @initialize(raw=graphs(), values=st.tuples(*[st.integers(0, 10) for _ in FACTS]))
    def start(self, raw: dict[str, Any], values: tuple[int, ...]) -> None:
        self.facts = dict(zip(FACTS, values, strict=True))
        self.world.begin(raw, **self.facts)

    @property
    def instance(self) -> ProcessInstance:
        return ProcessInstance.objects.get(pk=self.world.instance.pk)

    def someone(self, item: WorkItem, pick: int) -> Person:
        if item.role == "applicant":
            return self.world.applicant
        return item.assignee or self.world[f"{item.role}{pick % 2 + 1}"]

    @rule(pick=PICK)
    def press_a_button(self, pick: int) -> None:
        items = self.world.open()
        if not items:
            return
        item = items[pick % len(items)]
        if item.role == "system":
            if self.instance.state == "RUNNING":
                actions.complete_system(item.pk, facts=self.facts)
            return
        person = self.someone(item, pick)
        verbs = queries.allowed_verbs(item, Access(person), self.facts)
        if verbs:
            self._press(item, person, verbs[pick % len(verbs)], pick)

    def _press(self, item: WorkItem, person: Person, verb: queries.Verb, pick: int) -> None:
        words = {"person": person, "opinion": "意见", "seen_version": item.version}
        if verb.verb == "complete":
            actions.complete(item.pk, outcome=verb.outcome, facts=self.facts, **words)
        elif verb.verb == "return":
            policy = verb.policies[pick % len(verb.policies)]
            actions.return_to(item.pk, target=verb.target, policy=policy, **words)
        elif verb.verb == "supplement":
            actions.request_supplement(item.pk, **words)
        elif verb.verb == "answer":
            actions.answer_supplement(item.pk, person=person)
        elif verb.verb == "claim":
            actions.claim(item.pk, person=person)
        elif verb.verb == "transfer":
            other = self.world[f"{item.role}{3 - int(person.username[-1])}"]
            actions.transfer(item.pk, person=person, to=other, reason="外出")
        elif verb.verb == "skip":
            actions.skip(item.pk, code=verb.target, facts=self.facts, **words)
        elif verb.verb in ("add_signer", "delegate"):
            self._ask_another(item, person, verb.verb, pick)
        else:
            deeds = {
                "suspend": actions.suspend,
                "resume": actions.resume,
                "ask_cancel": actions.request_cancel,
            }
            deeds[verb.verb](self.instance.pk, person=person, reason="理由")

    def _ask_another(self, item: WorkItem, person: Person, verb: str, pick: int) -> None:
        others = [p for p in self.world.people.values() if p.pk != person.pk and p.username[-1] in "12"]
        other = others[pick % len(others)]
        taken = {row.actor for row in self.world.open() if row.node == item.node}
        if f"+{other.pk}" in taken:
            return
        if verb == "delegate":
            actions.delegate(item.pk, person=person, to=other, reason="请代办")
        else:
            when = ("before", "after", "parallel")[pick % 3]
            actions.add_signer(item.pk, person=person, to=other, when=when)

    @rule(pick=PICK, name=st.sampled_from(["handler1", "handler2", "section_head1", "section_head2"]))
    def take_a_signer_off(self, pick: int, name: str) -> None:
        added = queries.signers_of(self.instance, self.world[name])
        if added and self.instance.state == "RUNNING":
            row = added[pick % len(added)]
            actions.remove_signer(row.pk, person=self.world[name], facts=self.facts)

    @rule(pick=PICK, name=st.sampled_from(["handler1", "section_head1"]))
    def void_or_reopen(self, pick: int, name: str) -> None:
        person = self.world[name]
        found = queries.case_verbs(self.instance, Access(person))
        if not found:
            return
        verb = found[pick % len(found)]
        words = {"person": person, "reason": "理由"}
        if verb.verb == "reopen":
            actions.reopen(self.instance.pk, target=verb.target, **words)
        else:
            actions.request_void(self.instance.pk, **words)

    @rule(pick=PICK)
    def open_one(self, pick: int) -> None:
        items = [item for item in self.world.open() if item.role != "system" and not item.held]
        if items:
            item = items[pick % len(items)]
            actions.open_item(item.pk, self.someone(item, pick))

    @rule(name=st.sampled_from(["handler1", "handler2", "section_head1", "section_head2"]))
    def withdraw(self, name: str) -> None:
        person = self.world[name]
        allowed = queries.may_withdraw(self.instance, Access(person))
        try:
            actions.withdraw(self.instance.pk, person=person)
        except Refusal:
            assert not allowed
        else:
            assert allowed

    @rule(pick=st.integers(0, 30))
    def cancel(self, pick: int) -> None:
        if pick == 0 and self.instance.state in ("RUNNING", "SUSPENDED"):
            actions.cancel(self.instance.pk, person=None, reason="申请人撤件")

    @invariant()
    def rows_and_history_agree(self) -> None:
        if not hasattr(self, "facts"):
            return
        instance = self.instance
        state, graph = queries.state_of(instance), graph_of(instance.definition_id)
        check_tokens(graph, state)
        check_items(state)
        events = list(FlowEvent.objects.filter(instance=instance).order_by("sequence"))
        assert queries.replay(instance.definition, events) == state
        assert [event.sequence for event in events] == list(range(1, len(events) + 1))
        assert len(events) >= self.events
        self.events = len(events)
        opened = Counter(item["number"] for event in events for item in event.data["opened"])
        closed = Counter(item["number"] for event in events for item in event.data["closed"])
        assert set(opened.values()) <= {1}
        assert set(opened) == set(state.items)
        assert closed == Counter(n for n, item in state.items.items() if not item.is_open)

    @invariant()
    def finished_items_stay_as_they_are(self) -> None:
        if not hasattr(self, "facts"):
            return
        rows = self.world.instance.items.filter(closed_at__isnull=False)
        now = {r.pk: (r.state, r.outcome, r.opinion, r.closed_by_id, r.closed_at) for r in rows}
        assert {pk: now[pk] for pk in self.finished} == self.finished
        self.finished = now

    @invariant()
    def pauses_follow_the_case(self) -> None:
        if not hasattr(self, "facts"):
            return
        instance = self.instance
        supplements = sum(item.node == "SUPP" for item in self.world.open())
        special = int("SUSPENDED" in (instance.state, instance.resumes))
        assert instance.suspensions.filter(ended_at__isnull=True).count() == supplements + special
        closed = instance.state in ENDED or instance.resumes == "CLOSED"
        assert (instance.closed_at is not None) == closed


@pytest.mark.django_db
def test_rows_events_and_rules_agree_whatever_people_do() -> None:
    quiet = [HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much]
    run_state_machine_as_test(  # type: ignore[no-untyped-call]
        Desk,
        settings=settings(
            max_examples=9,
            stateful_step_count=14,
            deadline=None,
            suppress_health_check=quiet,
            phases=[Phase.explicit, Phase.reuse, Phase.generate],
        ),
    )
