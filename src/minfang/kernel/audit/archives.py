"""Take older entries off line: the one way entries leave the table (security handbook B.26).

A signed package keeps them; a signed marker says where each chain begins since, so the rest still verifies.
Only the owner of the tables can do this: the product's role may neither remove entries nor write markers.
"""

from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

import orjson
from django.db import connection, transaction
from django.db.models import Max, Min

from minfang.kernel.audit import append_only, exporting, searching
from minfang.kernel.audit.actions import record
from minfang.kernel.audit.models import AuditArchive, AuditEvent
from minfang.kernel.audit.signing import Signed, fault, sign
from minfang.kernel.base import clock
from minfang.kernel.base.errors import Refusal
from minfang.kernel.crypto import local

Ends = dict[int, tuple[int, str]]


def starts() -> Ends:
    """For each chain with archived entries: the last archived sequence and its link, as sound markers say."""
    found: Ends = {}
    for row in AuditArchive.objects.order_by("pk"):
        if not fault(row.content.encode(), Signed(row.signature, row.certificate, row.timestamp)):
            for chain, sequence, mac in orjson.loads(row.content)["chains"]:
                if sequence > found.get(chain, (0, ""))[0]:
                    found[chain] = (sequence, mac)
    return found


def archive(before: date, *, folder: Path, keep_days: int) -> tuple[Path, int]:
    """Put all entries older than ``before`` into a signed package and remove them; gives it and their number.

    Refuses days within ``keep_days`` (the security policy), and a trail that does not verify. Each chain
    loses one run of entries from its beginning: what is older but stands behind something younger stays.
    """
    if before > clock.today() - timedelta(days=keep_days):
        raise Refusal("TOO_YOUNG", f"日志须在线保存 {keep_days} 天。", "请选更早的日期。", status=422)
    from minfang.kernel.audit.verification import verify

    report = verify()
    if not report.sound:
        raise Refusal("NOT_SOUND", f"审计日志校验未通过：{report.findings[0]}", "请先查明原因。", status=409)
    ends = _ends(before)
    if not ends:
        raise Refusal("NOTHING", f"{before} 之前没有可归档的日志。", "无需归档。", status=422)
    with transaction.atomic():
        content, count = _package(before, ends)
        path = folder / f"audit-archive-{before:%Y%m%d}-{clock.now():%H%M%S}.zip"
        folder.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        _mark(before, ends, count, content)
        _remove(ends)
        record(
            "audit.archive",
            person=None,
            target="audit_event",
            summary=f"归档 {before} 之前的审计日志 {count} 条",
            after={"count": count, "sm3": local.sm3(content).hex()},
        )
    return path, count


def _ends(before: date) -> Ends:
    """The last entry of each chain before which everything is older than ``before``."""
    rows = AuditEvent.objects.order_by()
    limit = searching.midnight(before)
    young = dict(rows.filter(at__gte=limit).values_list("chain").annotate(first=Min("sequence")))
    found: Ends = {}
    for chain, last in rows.filter(at__lt=limit).values_list("chain").annotate(last=Max("sequence")):
        sequence = min(last, young.get(chain, last + 1) - 1)
        mac = rows.filter(chain=chain, sequence=sequence).values_list("mac", flat=True).first()
        if mac is not None:
            found[chain] = (sequence, mac)
    return found


def _older(ends: Ends) -> Iterator[AuditEvent]:
    for chain, (sequence, _) in sorted(ends.items()):
        rows = AuditEvent.objects.filter(chain=chain, sequence__lte=sequence).order_by("sequence")
        yield from rows.iterator(chunk_size=5000)


def _package(before: date, ends: Ends) -> tuple[bytes, int]:
    lines = b"".join(orjson.dumps(exporting.line_of(event)) + b"\n" for event in _older(ends))
    manifest = {
        "kind": "minfang-audit-archive",
        "before": before,
        "made_at": clock.now(),
        "chains": _listed(ends),
    }
    return exporting.pack(lines, manifest), lines.count(b"\n")


def _listed(ends: Ends) -> list[list[int | str]]:
    return [[chain, sequence, mac] for chain, (sequence, mac) in sorted(ends.items())]


def _mark(before: date, ends: Ends, count: int, content: bytes) -> None:
    marker = {"before": before, "chains": _listed(ends), "package_sm3": local.sm3(content).hex()}
    text = orjson.dumps(marker, option=orjson.OPT_SORT_KEYS).decode()
    AuditArchive.objects.create(
        made_at=clock.now(), before=before, entries=count, content=text, **sign(text.encode()).as_json()
    )


def _remove(ends: Ends) -> None:
    with append_only.opened(connection), connection.cursor() as cursor:
        for chain, (sequence, _) in ends.items():
            cursor.execute("DELETE FROM audit_event WHERE chain = %s AND sequence <= %s", [chain, sequence])
