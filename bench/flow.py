"""What a verb of the process engine costs beside its own SQL: engine, audit and outbox.

The statements of one verb are recorded with their parameters in a transaction that is rolled back, then sent
again in one transaction over a bare connection with the settings the product connects with: that is the
least a verb with these effects can take.
"""

import statistics
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from itertools import pairwise
from typing import Any

from bench.measure import Result
from bench.world import World

ROUNDS, WARM_UP = 60, 8
RATIO = 3.0
Statement = tuple[str, Any]


def verb(_world: World) -> list[Result]:
    """Finish a step and write its message to the case repository, as an officer's click does."""
    ratio, ours, bare, statements = measure()
    note = f"动作 {ours:.1f} ms，同样的 {statements} 条 SQL 裸执行 {bare:.1f} ms"
    return [Result("流程动作与裸 SQL 之比", ratio, "倍", RATIO, note=note)]


def measure(rounds: int = ROUNDS) -> tuple[float, float, float, int]:
    """The ratio, both medians in milliseconds, and how many statements a verb needs."""
    deeds = _prepare(2 * (rounds + WARM_UP))
    ours: list[float] = []
    bare: list[float] = []
    count = 0
    with _bare_connection() as plain:
        for number in range(rounds + WARM_UP):
            spent = _clocked(_committed(deeds[2 * number]))
            recorded = _record(deeds[2 * number + 1])
            replayed = _clocked(lambda recorded=recorded: _replay(plain, recorded))
            if number >= WARM_UP:
                ours.append(spent)
                bare.append(replayed)
                count = len(recorded)
    mine, least = statistics.median(ours), statistics.median(bare)
    return mine / least, mine, least, count


def _prepare(count: int) -> list[Callable[[], Any]]:
    """That many instances at their second step, and for each the deed that finishes it."""
    from tests.services.connectors import facts as sample

    from minfang.kernel.iam.models import Organization, Person
    from minfang.kernel.workflow import actions

    person = Person.objects.filter(grants__role__code="handler", is_active=True).order_by("pk").first()
    assert person is not None
    office = Organization.objects.get(pk=person.grants.get(role__code="handler").organization_id)
    actions.publish("BENCH_FLOW", _graph())
    deeds = []
    for number in range(count):
        case = sample.case(700_000 + number)
        begun = actions.start(
            "BENCH_FLOW", subject=case.subject, organization=office, facts={}, starter=person
        )
        first = begun.opened[0].pk
        _deed(case, first, person)()
        second = begun.instance.items.get(state="OPEN")
        deeds.append(_deed(case, second.pk, person))
    return deeds


def _deed(case: Any, item: int, person: Any) -> Callable[[], Any]:
    from minfang.kernel.workflow import actions
    from minfang.services.connectors import case_repository

    def act() -> None:
        done = actions.complete(
            item, person=person, outcome="OK", opinion="经审查，符合规定，建议准予。", seen_version=1
        )
        at = datetime.now(UTC)
        told = case_repository.StepFacts(
            "N30_REVIEW", "经办审查", "SUBMIT", person.name, at, at, "经审查，符合规定，建议准予。"
        )
        case_repository.push_step(case, told, str(done.closed[0].pk))

    return act


def _graph() -> dict[str, Any]:
    steps = [f"STEP{n}" for n in range(1, 6)]
    codes = ["START", *steps, "END"]
    tasks = [
        {"code": code, "name": code, "kind": "task", "role": "handler", "outcomes": [{"code": "OK"}]}
        for code in steps
    ]
    ends = [{"code": "START", "kind": "start"}, {"code": "END", "kind": "end", "case_status": "DONE"}]
    edges = [{"from": a, "to": b} for a, b in pairwise(codes)]
    return {"code": "BENCH_FLOW", "title": "测量用流程", "nodes": [*ends, *tasks], "edges": edges}


def _committed(deed: Callable[[], Any]) -> Callable[[], Any]:
    from minfang.kernel.base.locks import one_transaction

    return one_transaction(deed)


def _record(deed: Callable[[], Any]) -> list[Statement]:
    """The statements of the deed with their parameters; nothing of it stays."""
    from django.db import connection, transaction

    found: list[Statement] = []

    def keep(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        found.append((sql, params))
        return execute(sql, params, many, context)

    with transaction.atomic(), connection.execute_wrapper(keep):
        deed()
        transaction.set_rollback(True)
    return found


@contextmanager
def _bare_connection() -> Iterator[Any]:
    import psycopg
    from django.db import connection

    wanted = dict(connection.get_connection_params())
    wanted.update(context=None, cursor_factory=psycopg.ClientCursor)
    with psycopg.connect(**wanted, autocommit=False) as plain:
        yield plain


def _replay(plain: Any, statements: list[Statement]) -> None:
    with plain.cursor() as cursor:
        for sql, params in statements:
            cursor.execute(sql, params)
            if cursor.description:
                cursor.fetchall()
    plain.commit()


def _clocked(act: Callable[[], Any]) -> float:
    """Milliseconds."""
    begun = time.perf_counter()
    act()
    return (time.perf_counter() - begun) * 1000
