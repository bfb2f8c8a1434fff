"""Random definitions, random verbs: what must hold always."""

from collections.abc import Callable
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.kernel.workflow.random_graphs import FACTS, graphs

from minfang.kernel.base.errors import Refusal
from minfang.kernel.workflow import branches, verbs
from minfang.kernel.workflow.graph import Graph, build
from minfang.kernel.workflow.motion import Motion
from minfang.kernel.workflow.state import CANCELLED, CLOSED, OPEN, RUNNING, SUSPENDED, Item, State, apply
from minfang.kernel.workflow.validation import check

QUIET = [HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much]


def check_tokens(graph: Graph, state: State) -> None:
    """Every place of a running case holds exactly one token: an open item or a running block."""
    if state.phase in (CLOSED, CANCELLED):
        assert state.open_items() == []
        assert state.arrivals == {}
        return

    def held(place: str) -> int:
        items = [item for item in state.open_items() if item.branch == place]
        return len(items) + sum(graph.branch(fork) == place for fork in state.arrivals)

    assert held("") == 1
    for fork, arrived in state.arrivals.items():
        for index in range(len(graph.out(fork))):
            place = branches.inside(graph.branch(fork), fork, index)
            assert held(place) + (index in arrived) == 1, (fork, index, state)
    for item in state.open_items():
        forks = [fork for fork, _ in branches.segments(item.branch)]
        assert all(fork in state.arrivals for fork in forks), "an open item inside a finished block"


def check_items(state: State) -> None:
    """Rounds count up without gaps; one item at most is open at a place."""
    rounds: dict[tuple[str, str], list[Item]] = {}
    for item in state.items.values():
        rounds.setdefault((item.node, item.branch), []).append(item)
    for items in rounds.values():
        assert [item.round for item in items] == list(range(1, len(items) + 1))
        assert all(item.state != OPEN for item in items[:-1])
        assert sum(item.current and item.state == "DONE" for item in items) <= 1


def check_history(before: State, after: State) -> None:
    """Nothing finished is ever altered, except that it may count no longer (or again)."""
    for number, item in before.items.items():
        later = after.items[number]
        if item.state != OPEN:
            assert (later.state, later.outcome, later.closed_by) == (item.state, item.outcome, item.closed_by)


def choices(graph: Graph, state: State, facts: dict[str, Any]) -> list[tuple[str, Any]]:
    """Every verb that may be tried now, as (name, function giving a motion)."""
    found: list[tuple[str, Any]] = []
    if state.phase == SUSPENDED:
        return [("resume", lambda: verbs.resume(graph, state))]
    for item in state.open_items():
        node = graph.node(item.node)
        if node.kind == "supplement":
            found.append(("answer", lambda i=item: verbs.answer(graph, state, i, 99)))
            continue
        for code in [outcome.code for outcome in node.outcomes] or [""]:
            found.append(
                (
                    "complete",
                    lambda i=item, c=code: verbs.complete(
                        graph, state, i, c, facts=facts, by=i.number % 3 + 1
                    ),
                )
            )
        if node.may_supplement:
            found.append(("ask", lambda i=item: verbs.ask(graph, state, i, 1)))
        for target in verbs.return_targets(graph, state, item):
            for how in verbs.return_policies(graph, item, target.code):
                found.append(
                    (
                        "return",
                        lambda i=item, t=target, h=how: verbs.send_back(
                            graph, state, i, t.code, policy=h, by=2
                        ),
                    )
                )
        if not item.touched:
            found.append(("open", lambda i=item: verbs.alter(graph, state, i, touched=True)))
    if len(state.items) % 7 == 0:
        found.append(("suspend", lambda: verbs.pause(graph, state)))
    return found


def _returning(graph: Graph, state: State, item: Item, target: str, how: str) -> Callable[[], Motion]:
    return lambda: verbs.send_back(graph, state, item, target, policy=how, by=2)


def finish(graph: Graph, state: State) -> None:
    """From anywhere the case can still be brought to its end."""
    facts = dict.fromkeys(FACTS, 9)
    for _ in range(400):
        if state.phase == SUSPENDED:
            state = verbs.resume(graph, state).state
        if state.phase != RUNNING:
            break
        item = state.open_items()[0]
        node = graph.node(item.node)
        if node.kind == "supplement":
            state = verbs.answer(graph, state, item, 99).state
        else:
            outcome = node.outcomes[0].code if node.outcomes else ""
            state = verbs.complete(graph, state, item, outcome, facts=facts, by=1).state
    assert state.phase == CLOSED


@settings(max_examples=60, deadline=None, suppress_health_check=QUIET)
@given(graphs())
def test_random_definitions_are_valid(raw: dict[str, Any]) -> None:
    assert check(raw) == []


@settings(max_examples=150, deadline=None, suppress_health_check=QUIET)
@given(graphs(), st.data())
def test_no_verb_ever_loses_or_doubles_a_token(raw: dict[str, Any], data: st.DataObject) -> None:
    graph = build(raw)
    facts = {name: data.draw(st.integers(0, 10)) for name in FACTS}
    motion = verbs.begin(graph, facts, 99)
    state = apply(State(), motion.effects().data())
    finished: list[tuple[Item, list[int]]] = []
    for _ in range(data.draw(st.integers(6, 25))):
        check_tokens(graph, state)
        check_items(state)
        if state.phase in (CLOSED, CANCELLED):
            break
        options = choices(graph, state, facts)
        if finished:
            options.append(("withdraw", lambda s=state: _withdraw(graph, s, finished[-1])))
        name = data.draw(st.sampled_from(sorted({name for name, _ in options})))
        act = data.draw(st.sampled_from([act for other, act in options if other == name]))
        try:
            motion = act()
        except Refusal:
            if name != "withdraw":
                raise
            continue
        effects = motion.effects().data()
        after = apply(state, effects)
        assert after == motion.state, "the event says exactly what happened"
        check_history(state, after)
        if name == "complete":
            finished.append(_completion(effects, after))
        state = after
    check_tokens(graph, state)
    if state.phase in (RUNNING, SUSPENDED):
        finish(graph, state)


def _completion(effects: dict[str, Any], state: State) -> tuple[Item, list[int]]:
    number = effects["closed"][0]["number"]
    gone = [c["number"] for c in effects["changed"] if c.get("current") is False and c["number"] != number]
    return state.items[number], gone


def _withdraw(graph: Graph, state: State, done: tuple[Item, list[int]]) -> Motion:
    return verbs.take_back(graph, state, state.items[done[0].number], done[1], 1)
