"""Hand entries out: a zip of lines, a manifest that says what and for whom, and a signature over it."""

import io
import zipfile
from datetime import datetime
from typing import Any, BinaryIO

import orjson
from django.db import transaction

from minfang.kernel.audit import catalogue, searching
from minfang.kernel.audit.actions import Actor, record
from minfang.kernel.audit.models import AuditEvent
from minfang.kernel.audit.signing import Signed, fault, sign
from minfang.kernel.base import clock
from minfang.kernel.base.errors import Refusal
from minfang.kernel.crypto import local

LINES, MANIFEST, SIGNATURE = "events.jsonl", "manifest.json", "manifest.sig.json"
LIMIT = 200_000


def line_of(event: AuditEvent) -> dict[str, Any]:
    """One entry as it is handed out: every column, and what its code is called."""
    row = {field.attname: getattr(event, field.attname) for field in AuditEvent._meta.concrete_fields}
    return {**row, "at": event.at.astimezone(clock.SHANGHAI), "action_name": catalogue.name_of(event.action)}


def export(wanted: searching.Wanted, *, person: Actor, reason: str) -> bytes:
    """The zip with all entries that fit; the export is itself an event.

    Refuses more than ``LIMIT`` entries and a missing reason.
    """
    if not reason.strip():
        raise Refusal("REASON_MISSING", "请填写导出原因。", "原因将写入审计日志和导出清单。", status=422)
    rows = searching.found(wanted).order_by("pk")
    if rows[: LIMIT + 1].count() > LIMIT:
        raise Refusal("TOO_MANY", f"符合条件的超过 {LIMIT} 条。", "请缩小时间范围后分次导出。", status=422)
    lines = b"".join(orjson.dumps(line_of(row)) + b"\n" for row in rows.iterator(chunk_size=5000))
    count = lines.count(b"\n")
    content = pack(lines, _manifest(wanted, lines, person, reason))
    with transaction.atomic():
        record(
            "audit.export",
            person=person,
            target="audit_event",
            summary=f"导出审计日志 {count} 条",
            after={"sm3": local.sm3(lines).hex(), "conditions": _conditions(wanted)},
            reason=reason,
        )
    return content


def _conditions(wanted: searching.Wanted) -> dict[str, Any]:
    return {name: value for name, value in vars(wanted).items() if value}


def _manifest(wanted: searching.Wanted, lines: bytes, person: Actor, reason: str) -> dict[str, Any]:
    return {
        "kind": "minfang-audit-export",
        "exported_at": clock.now(),
        "exported_by": {"id": person.pk, "name": person.name},
        "reason": reason.strip(),
        "conditions": _conditions(wanted),
    }


def pack(lines: bytes, manifest: dict[str, Any]) -> bytes:
    """The zip of some lines with their signed manifest."""
    about = {"file": LINES, "count": lines.count(b"\n"), "sm3": local.sm3(lines).hex()}
    text = orjson.dumps({**manifest, **about}, option=orjson.OPT_INDENT_2 | orjson.OPT_SORT_KEYS)
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(LINES, lines)
        archive.writestr(MANIFEST, text)
        archive.writestr(SIGNATURE, orjson.dumps(sign(text).as_json(), option=orjson.OPT_INDENT_2))
    return out.getvalue()


def check(package: BinaryIO) -> tuple[dict[str, Any], str]:
    """The manifest of a package and what is wrong with it, in Chinese; empty when all of it holds."""
    try:
        with zipfile.ZipFile(package) as archive:
            lines, text = archive.read(LINES), archive.read(MANIFEST)
            signed = Signed(**orjson.loads(archive.read(SIGNATURE)))
        manifest: dict[str, Any] = orjson.loads(text)
    except (zipfile.BadZipFile, KeyError, ValueError, TypeError):
        return {}, "不是完整的导出包"
    wrong = fault(text, signed)
    if not wrong and manifest.get("sm3") != local.sm3(lines).hex():
        wrong = "内容与清单不符"
    return manifest, wrong


def file_name(at: datetime) -> str:
    """What an export is called."""
    return f"audit-{at:%Y%m%d-%H%M%S}.zip"
