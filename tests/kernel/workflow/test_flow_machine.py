"""Random definitions, random verbs: what must hold always."""

from collections.abc import Callable
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.kernel.workflow.random_graphs import FACTS, graphs

from minfang.kernel.base.errors import Refusal
from minfang.kernel.workflow import branches, closing, signers, verbs
from minfang.kernel.workflow.graph import APPROVALS, Graph, build
from minfang.kernel.workflow.motion import Motion
from minfang.kernel.workflow.state import (
    ASIDE,
    CLOSED,
    ENDED,
    OPEN,
    RUNNING,
    SUSPENDED,
    Item,
    State,
    apply,
)
from minfang.kernel.workflow.validation import check

QUIET = [HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much]


def check_tokens(graph: Graph, state: State) -> None:
    """Every place of a running case holds exactly one token: one passage of a step or a running block."""
    aside = [item for item in state.open_items() if graph.node(item.node).kind in APPROVALS]
    assert len(aside) == (state.phase in ASIDE)
    if state.phase in ENDED or state.resumes == CLOSED:
        assert state.open_items() == aside
        assert state.arrivals == {}
        return
    work = [item for item in state.open_items() if item not in aside]

    def held(place: str) -> int:
        passages = {item.passage for item in work if item.branch == place}
        return len(passages) + sum(graph.branch(fork) == place for fork in state.arrivals)

    assert held("") == 1
    for fork, arrived in state.arrivals.items():
        for index in range(len(graph.out(fork))):
            place = branches.inside(graph.branch(fork), fork, index)
            assert held(place) + (index in arrived) == 1, (fork, index, state)
    for item in work:
        forks = [fork for fork, _ in branches.segments(item.branch)]
        assert all(fork in state.arrivals for fork in forks), "an open item inside a finished block"
        passage = [other for other in work if other.passage == item.passage]
        assert any(not other.held for other in passage), "everyone waits for someone else"


def check_items(state: State) -> None:
    """Rounds count up; one item at most is open for a voice of a step; only its last word counts."""
    rounds: dict[tuple[str, str, str], list[Item]] = {}
    for item in state.items.values():
        rounds.setdefault((item.node, item.branch, item.actor), []).append(item)
    for items in rounds.values():
        numbers = [item.round for item in items]
        assert numbers == sorted(set(numbers))
        if items[0].actor == "":
            assert numbers == list(range(1, len(items) + 1))
        assert all(item.state != OPEN for item in items[:-1])
        assert sum(item.current and item.state == "DONE" and not item.duty for item in items) <= 1


def check_history(before: State, after: State) -> None:
    """Nothing finished is ever altered, except that it may count no longer (or again)."""
    for number, item in before.items.items():
        later = after.items[number]
        if item.state != OPEN:
            assert (later.state, later.outcome, later.closed_by) == (item.state, item.outcome, item.closed_by)


Acts = list[tuple[str, Callable[[], Motion]]]


def choices(graph: Graph, state: State, facts: dict[str, Any]) -> Acts:
    """Every verb that may be tried now, as (name, function giving a motion)."""
    found: Acts = []
    if state.phase == SUSPENDED:
        found.append(("resume", lambda: verbs.resume(graph, state)))
    for kind in ("cancel", "void"):
        if closing.may_request(graph, state, kind):
            found.append((f"ask_{kind}", lambda k=kind: closing.request(graph, state, k)))
    for node in closing.reopen_targets(graph, state):
        found.append(("reopen", lambda t=node.code: closing.reopen(graph, state, t, 2)))
    for item in state.open_items():
        if graph.node(item.node).kind in APPROVALS:
            for outcome in ("AGREE", "REFUSE"):
                found.append(("approve", lambda i=item, o=outcome: closing.decide(graph, state, i, o, 1)))
        elif state.phase == RUNNING:
            found += _item_choices(graph, state, item, facts)
    if len(state.items) % 7 == 0 and state.phase == RUNNING:
        found.append(("suspend", lambda: verbs.pause(graph, state)))
    return found


def _item_choices(graph: Graph, state: State, item: Item, facts: dict[str, Any]) -> Acts:
    node, found = graph.node(item.node), []
    by = item.number % 3 + 1
    if item.actor.startswith("+"):
        found.append(("remove", lambda: signers.remove(graph, state, item, facts=facts, by=by)))
    if node.kind == "supplement":
        return [("answer", lambda: verbs.answer(graph, state, item, 99))]
    if item.held:
        return found
    if item.duty:
        signs = [
            (o, lambda o=o: signers.sign(graph, state, item, o, facts=facts, by=by))
            for o in ("AGREE", "OBJECT")
        ]
        return [*found, *(("sign", act) for _, act in signs)]
    for code in [outcome.code for outcome in node.outcomes] or [""]:
        found.append(("complete", lambda c=code: verbs.complete(graph, state, item, c, facts=facts, by=by)))
    if node.may_supplement:
        found.append(("ask", lambda: verbs.ask(graph, state, item, 1)))
    for skip in node.skips:
        if facts["f1"] > 2:
            found.append(("skip", lambda c=skip.code: verbs.skip(graph, state, item, c, facts=facts, by=by)))
    for target in verbs.return_targets(graph, state, item):
        for how in verbs.return_policies(graph, item, target.code):
            found.append(("return", _returning(graph, state, item, target.code, how)))
    return [*found, *_with_others(graph, state, item, 7 + by % 2)]


def _with_others(graph: Graph, state: State, item: Item, other: int) -> Acts:
    found: Acts = []
    if graph.node(item.node).kind == "task":
        for when in ("before", "after", "parallel", "delegate"):
            found.append(("add", lambda w=when: signers.add(graph, state, item, other, w)))
    if not item.touched:
        found.append(("open", lambda: verbs.alter(graph, state, item, touched=True)))
    return found


def _returning(graph: Graph, state: State, item: Item, target: str, how: str) -> Callable[[], Motion]:
    return lambda: verbs.send_back(graph, state, item, target, policy=how, by=2)


def finish(graph: Graph, state: State) -> None:
    """From anywhere the case can still be brought to its end."""
    facts = dict.fromkeys(FACTS, 9)
    for _ in range(400):
        if state.phase in ASIDE:
            aside = next(i for i in state.open_items() if graph.node(i.node).kind in APPROVALS)
            state = closing.decide(graph, state, aside, "REFUSE", 1).state
        if state.phase == SUSPENDED:
            state = verbs.resume(graph, state).state
        if state.phase != RUNNING:
            break
        item = next(item for item in state.open_items() if not item.held)
        node = graph.node(item.node)
        if item.duty:
            state = signers.sign(graph, state, item, "AGREE", facts=facts, by=1).state
        elif node.kind == "supplement":
            state = verbs.answer(graph, state, item, 99).state
        else:
            outcome = node.outcomes[0].code if node.outcomes else ""
            state = verbs.complete(graph, state, item, outcome, facts=facts, by=1).state
    assert state.phase == CLOSED


@settings(max_examples=40, deadline=None, suppress_health_check=QUIET)
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
        options = choices(graph, state, facts)
        if not options:
            break
        if finished:
            options.append(("withdraw", lambda s=state: _withdraw(graph, s, finished[-1])))
        name = data.draw(st.sampled_from(sorted({name for name, _ in options})))
        act = data.draw(st.sampled_from([act for other, act in options if other == name]))
        try:
            motion = act()
        except Refusal:
            if name not in ("withdraw", "add", "ask", "skip"):
                raise
            continue
        effects = motion.effects().data()
        after = apply(state, effects)
        assert after == motion.state, "the event says exactly what happened"
        check_history(state, after)
        if name in ("complete", "skip"):
            finished.append(_completion(effects, after))
        state = after
    check_tokens(graph, state)
    if state.phase not in ENDED and state.resumes != CLOSED:
        finish(graph, state)


def _completion(effects: dict[str, Any], state: State) -> tuple[Item, list[int]]:
    number = effects["closed"][0]["number"]
    gone = [c["number"] for c in effects["changed"] if c.get("current") is False and c["number"] != number]
    return state.items[number], gone


def _withdraw(graph: Graph, state: State, done: tuple[Item, list[int]]) -> Motion:
    return verbs.take_back(graph, state, state.items[done[0].number], done[1], 1)
