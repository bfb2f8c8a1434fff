"""What this room keeps beside the readings: refused readings, unusable messages, how a source stands."""

import hashlib
import re
import secrets
from collections import Counter
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

from django.db import connection, transaction

from minfang.kernel.audit.actions import record
from minfang.kernel.base import clock
from minfang.kernel.base.errors import FieldError, invalid, not_found
from minfang.kernel.iam.models import Person
from minfang.supervision.arrival.decode import Letter, Reject
from minfang.supervision.arrival.definitions import load
from minfang.supervision.arrival.models import DeadLetter, SourceState, ThirdSource
from minfang.supervision.telemetry import notify
from minfang.supervision.telemetry.batches import US
from minfang.supervision.telemetry.models import Quarantined

UNKNOWN = "未登记设备"
CODE = re.compile(r"[a-z0-9][a-z0-9-]{1,27}")
KEY_BYTES = 32
KEEP = """
INSERT INTO arr_dead_letter
    (source, subject, reason, detail, payload, size, count, once_key, first_at, last_at)
VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s)
ON CONFLICT (once_key) DO UPDATE SET
    count = arr_dead_letter.count + excluded.count, last_at = excluded.last_at
"""


def once_key(letter: Letter) -> str:
    """Letters with the same key are one row: an unknown device, or the same bytes for the same reason."""
    if letter.reason == UNKNOWN:
        return f"{UNKNOWN}:{letter.detail}"[:120]
    return hashlib.sha256(letter.reason.encode() + b"\0" + letter.payload).hexdigest()


@transaction.atomic
def keep_letters(source: str, letters: Iterable[Letter]) -> int:
    """Keep messages nobody could use, each once with how often it came; how many messages."""
    by_key: dict[str, Letter] = {}
    counts: Counter[str] = Counter()
    for letter in letters:
        key = once_key(letter)
        by_key.setdefault(key, letter)
        counts[key] += 1
    rules, now = load("arrival")["letter"], clock.now()
    rows = [
        (
            source,
            letter.subject[:200],
            letter.reason[:40],
            letter.detail[: rules["detail_chars"]].replace("\0", ""),
            letter.payload[: rules["payload_bytes"]],
            len(letter.payload),
            counts[key],
            key,
            now,
            now,
        )
        for key, letter in sorted(by_key.items())
    ]
    with connection.cursor() as cursor:
        cursor.executemany(KEEP, rows)
    return counts.total()


@transaction.atomic
def keep_rejects(source: str, rejects: Iterable[Reject]) -> int:
    """Put readings in quarantine, as they came; how many."""
    return len(
        Quarantined.objects.bulk_create(
            Quarantined(
                source=source,
                device_id=reject.device_id.replace("\0", ""),
                metric=reject.metric.replace("\0", ""),
                ts=reject.ts.replace("\0", ""),
                value=reject.value.replace("\0", ""),
                reason=reject.reason,
                hint=reject.hint,
                received_at=datetime.fromtimestamp(reject.received / US, UTC),
            )
            for reject in rejects
        )
    )


def stands(source: str, **fields: object) -> None:
    """Note how a source stands (pending, unacked, worker, error)."""
    now = clock.now()
    SourceState.objects.update_or_create(source=source, defaults={**fields, "seen_at": now})


@transaction.atomic
def forget_old_letters() -> int:
    """Unusable messages leave after their months."""
    limit = clock.now() - timedelta(days=30 * int(load("arrival")["letter"]["months"]))
    return DeadLetter.objects.filter(last_at__lt=limit).delete()[0]


SEEN = """
UPDATE reg_device d SET last_seen_at = s.seen, status_at = CASE WHEN s.status <> d.status THEN %(now)s
    ELSE d.status_at END, status = s.status
FROM (
    SELECT d.id, max(l.received_at) AS seen, CASE
        WHEN d.status IN ('MAINTENANCE', 'DISABLED') THEN d.status
        WHEN max(l.received_at) < %(now)s - 3 * d.period_seconds * interval '1 second' THEN 'OFFLINE'
        WHEN d.status IN ('FAULT', 'LOW_BATTERY') THEN d.status
        ELSE 'ONLINE' END AS status
    FROM reg_device d JOIN tel_series t ON t.device_id = d.id JOIN tel_latest l ON l.series_id = t.id
    WHERE d.retired_at IS NULL GROUP BY d.id
) s
WHERE d.id = s.id AND (d.status <> s.status OR d.last_seen_at IS DISTINCT FROM s.seen)
RETURNING d.id, d.works_id, d.status_at = %(now)s
"""


CARRIED = """
UPDATE reg_device g SET last_seen_at = s.seen, status_at = CASE WHEN s.status <> g.status THEN %(now)s
    ELSE g.status_at END, status = s.status
FROM (
    SELECT g.id, max(d.last_seen_at) AS seen, CASE
        WHEN g.status IN ('MAINTENANCE', 'DISABLED') THEN g.status
        WHEN bool_or(d.status = 'ONLINE') THEN 'ONLINE'
        WHEN g.status = 'FAULT' THEN g.status
        ELSE 'OFFLINE' END AS status
    FROM reg_device g JOIN reg_device d ON d.gateway_id = g.id AND d.retired_at IS NULL
    WHERE g.retired_at IS NULL AND NOT EXISTS (SELECT FROM tel_series t WHERE t.device_id = g.id)
    GROUP BY g.id
) s
WHERE g.id = s.id AND (g.status <> s.status OR g.last_seen_at IS DISTINCT FROM s.seen)
RETURNING g.id, g.works_id, g.status_at = %(now)s
"""


@transaction.atomic
def mark_seen() -> int:
    """Bring devices' last sign of life and 在线/离线 (three missed periods) up to date; how many turned.

    A gateway that measures nothing itself is online while one of the devices behind it is. What a person or
    the device itself said (维护中, 停用, 故障, 电量低) is not overwritten by a reading.
    """
    now, changed = clock.now(), []
    with connection.cursor() as cursor:
        for statement in (SEEN, CARRIED):
            cursor.execute(statement, {"now": now})
            changed += cursor.fetchall()
    told = [(device, works) for device, works, turned in changed if turned]
    for works in {works for _, works in told}:
        notify.touch(notify.DEVICE, works)
    return len(told)


@transaction.atomic
def add_third_source(code: str, name: str, by: Person | None = None) -> str:
    """Let a third system report events; returns its key, which is shown this once."""
    faults = []
    if not CODE.fullmatch(code):
        faults.append(FieldError("code", "来源编码", "请用 2–28 位小写字母、数字和连字符。"))
    if not name.strip():
        faults.append(FieldError("name", "名称", "请填写名称。"))
    if faults:
        raise invalid(faults)
    if ThirdSource.objects.filter(code=code).exists():
        raise invalid([FieldError("code", "来源编码", "已有这个来源，可更换密钥。")])
    key = secrets.token_urlsafe(KEY_BYTES)
    row = ThirdSource.objects.create(code=code, name=name.strip()[:60], key=key)
    record("sources.added", person=by, target=row, summary=f"登记第三方来源 {code}（{row.name}）")
    return key


@transaction.atomic
def renew_third_key(code: str, by: Person | None = None) -> str:
    """A new key, shown this once; the old one is worth nothing from now on."""
    row = _third_source(code)
    row.key, row.renewed_at = secrets.token_urlsafe(KEY_BYTES), clock.now()
    row.save(update_fields=["key", "renewed_at"])
    record("sources.key", person=by, target=row, summary=f"更换第三方来源 {code} 的密钥")
    return str(row.key)


@transaction.atomic
def switch_third_source(code: str, enabled: bool, by: Person | None = None) -> None:
    """Hear a third system no longer, or again."""
    row = _third_source(code)
    row.enabled = enabled
    row.save(update_fields=["enabled"])
    verb = "启用" if enabled else "停用"
    record("sources.switched", person=by, target=row, summary=f"{verb}第三方来源 {code}")


def _third_source(code: str) -> ThirdSource:
    row = ThirdSource.objects.select_for_update().filter(code=code).first()
    if row is None:
        raise not_found("该来源")
    return row
