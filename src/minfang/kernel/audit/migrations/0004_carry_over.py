"""Entries made before there were chains become chain 0, which nobody appends to afterwards.

Each entry's own MAC is checked first. The last entry of chain 0 says how many were carried over, whose MAC
did not hold, and the digest over all old MACs.
"""

import json
from zoneinfo import ZoneInfo

import orjson
from cryptography.hazmat.primitives.hashes import SM3, Hash
from django.db import migrations
from django.utils import timezone

from minfang.kernel.audit.chain import FIRST, Linker, microseconds
from minfang.kernel.crypto import local

SHANGHAI = ZoneInfo("Asia/Shanghai")
OLD = (
    "actor_id", "actor_name", "actor_office", "address", "request_id", "action", "target", "summary",
    "before", "after", "reason", "result",
)
BATCH = 1000
UPDATE = "UPDATE audit_event SET chain = 0, sequence = %s, mac = %s, previous_mac = %s WHERE id = %s"


def _old_values(row):
    at = row.at.astimezone(SHANGHAI).isoformat()
    return [at, *(getattr(row, name) for name in OLD)]


def _values(row, number, raw):
    return [
        0, number, microseconds(row.at), row.actor_id or 0, row.actor_name, row.actor_office, row.role,
        row.address, row.port, row.agent, row.request_id, row.action, row.target, row.summary,
        raw[0], raw[1], row.reason, row.result,
    ]


def _texts(connection, first, last):
    """The JSON texts as they are stored: they are what the link covers from now on."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT id, before, after FROM audit_event WHERE id BETWEEN %s AND %s", [first, last]
        )
        return {number: (before or "", after or "") for number, before, after in cursor.fetchall()}


def _batches(events):
    last = 0
    while rows := list(events.filter(id__gt=last).order_by("id")[:BATCH]):
        yield rows
        last = rows[-1].id


def carry_over(apps, schema_editor):
    events = apps.get_model("audit", "AuditEvent").objects.using(schema_editor.connection.alias)
    if not events.exists():
        return
    linker, old_key = Linker(), local.purpose_key("audit")
    previous, number, broken, digest = FIRST, 0, [], Hash(SM3())
    for rows in _batches(events):
        texts = _texts(schema_editor.connection, rows[0].id, rows[-1].id)
        updates = []
        for row in rows:
            number += 1
            old = orjson.dumps(_old_values(row), option=orjson.OPT_SORT_KEYS, default=str)
            if local.hmac_sm3(old_key, old).hex() != row.mac:
                broken.append(row.id)
            digest.update(row.mac.encode())
            mac = linker.link(previous, _values(row, number, texts[row.id]))
            updates.append((number, mac, previous, row.id))
            previous = mac
        with schema_editor.connection.cursor() as cursor:
            cursor.executemany(UPDATE, updates)
    previous = _seal(events, linker, previous, number, broken, digest.finalize().hex())
    chains = apps.get_model("audit", "AuditChain").objects.using(schema_editor.connection.alias)
    chains.create(number=0, last_sequence=number + 1, last_mac=previous)


def _seal(events, linker, previous, number, broken, digest):
    """The entry that closes chain 0."""
    after = {"broken": broken[:100], "broken_count": len(broken), "count": number, "old_macs_sm3": digest}
    row = events.model(
        chain=0, sequence=number + 1, at=timezone.now(), action="audit.carry_over", target="audit_chain:0",
        summary=f"升级：{number} 条旧日志编入 0 号链，原校验码不符 {len(broken)} 条",
        after=after, previous_mac=previous,
    )
    text = json.dumps(after, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    row.mac = linker.link(previous, _values(row, number + 1, ("", text)))
    row.save(force_insert=True, using=events.db)
    return row.mac


class Migration(migrations.Migration):

    dependencies = [
        ('audit', '0003_chains'),
    ]

    operations = [
        migrations.RunPython(carry_over, migrations.RunPython.noop),
    ]
