"""An instance that recorded before there were chains keeps every entry, and its trail verifies."""

from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import orjson
import pytest
from django.db import connection, transaction
from django.db.migrations.executor import MigrationExecutor

from minfang.kernel.audit import append_only, heads
from minfang.kernel.audit.actions import record
from minfang.kernel.audit.models import AuditChain, AuditEvent
from minfang.kernel.audit.verification import verify
from minfang.kernel.crypto import local

AT = datetime(2026, 11, 20, 9, 30, 0, 123456, tzinfo=ZoneInfo("Asia/Shanghai"))
OLD = [("audit", "0002_security_alarm")]


def migrate(target: list[tuple[str, str]]) -> Any:
    executor = MigrationExecutor(connection)
    executor.migrate(target)
    return MigrationExecutor(connection).loader.project_state(target).apps


@pytest.fixture
def old_entries(transactional_db: None) -> Iterator[Any]:
    """The model of the released version, on a database of that version."""
    newest = [key for key in MigrationExecutor(connection).loader.graph.leaf_nodes() if key[0] == "audit"]
    yield migrate(OLD).get_model("audit", "AuditEvent")
    migrate(newest)
    append_only.let_tests_empty_tables(connection)
    heads.ensure()


def write_old(model: Any, number: int) -> None:
    """As the released version wrote an entry."""
    row = model(
        at=AT.replace(microsecond=number),
        actor_id=number,
        actor_name="张三",
        action="case.submit",
        target=f"case:{number}",
        summary="提交\n申请",
        before={"z": 1, "a": [1.5, "二"]} if number % 2 else None,
        after={"state": "RUNNING"},
    )
    values = [
        row.at.isoformat(),
        *(row.actor_id, row.actor_name, row.actor_office, row.address, row.request_id, row.action),
        *(row.target, row.summary, row.before, row.after, row.reason, row.result),
    ]
    body = orjson.dumps(values, option=orjson.OPT_SORT_KEYS, default=str)
    row.mac = local.hmac_sm3(local.purpose_key("audit"), body).hex()
    row.save(force_insert=True)


def test_entries_of_the_released_version_become_chain_zero(
    old_entries: Any, owner_sql: Callable[[str], None]
) -> None:
    for number in range(1, 6):
        write_old(old_entries, number)
    old_entries.objects.filter(actor_id=4).update(reason="事后改过")
    migrate([("audit", "0006_archives")])
    heads.ensure()

    seal = AuditEvent.objects.get(action="audit.carry_over")
    assert (seal.chain, seal.sequence) == (0, 6)
    broken = AuditEvent.objects.get(actor_id=4).pk
    assert (seal.after["count"], seal.after["broken"]) == (5, [broken])
    assert AuditEvent.objects.get(actor_id=1).before == {"z": 1, "a": [1.5, "二"]}

    with transaction.atomic():
        record("case.submit", person=None, target="case:9", summary="升级之后")
    assert AuditEvent.objects.get(target="case:9").chain == 1
    assert AuditChain.objects.get(number=0).last_sequence == 6
    assert verify().sound

    with transaction.atomic():
        owner_sql("UPDATE audit_event SET summary = '改' WHERE actor_id = 2")
    assert [(finding.chain, finding.sequence) for finding in verify().findings] == [(0, 2)]
