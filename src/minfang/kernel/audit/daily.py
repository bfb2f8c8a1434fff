"""The heads of a day: where all chains stood, signed, stamped, and kept in a second place (B.25)."""

import hashlib
import logging
import os
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import orjson
from django.conf import settings
from django.db import transaction

from minfang.kernel.audit.models import AuditChain, AuditHead
from minfang.kernel.audit.signing import UNCHECKED, Signed, fault, sign
from minfang.kernel.base import clock
from minfang.kernel.crypto import local, port

log = logging.getLogger(__name__)


@dataclass
class Mark:
    """One chain's end as a day's head names it; ``seen`` is the link found there by the verification."""

    day: date
    mac: str
    seen: str = ""


def write() -> AuditHead | None:
    """Sign and keep the heads of today, once a day; ``None`` when today's are there already.

    The file is written again when it is missing, from the row. Raises ``port.CryptoUnavailable``.
    """
    today = clock.today()
    there = AuditHead.objects.filter(day=today).first()
    if there is not None:
        if not _file_of(today).exists():
            _keep(there)
        return None
    with transaction.atomic():
        head = _signed(today)
    _keep(head)
    return head


def _signed(day: date) -> AuditHead:
    before = AuditHead.objects.order_by("-day").first()
    content = {
        "day": day.isoformat(),
        "taken_at": clock.now().isoformat(),
        "before": local.sm3(before.content.encode()).hex() if before else "",
        "chains": [
            [row.number, row.last_sequence, row.last_mac] for row in AuditChain.objects.order_by("number")
        ],
    }
    text = orjson.dumps(content, option=orjson.OPT_SORT_KEYS).decode()
    signed = sign(text.encode())
    return AuditHead.objects.create(day=day, taken_at=clock.now(), content=text, **signed.as_json())


def _file_of(day: date) -> Path:
    return Path(settings.AUDIT_HEADS) / f"{day:%Y-%m-%d}.json"


def _keep(head: AuditHead) -> None:
    path = _file_of(head.day)
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_suffix(f".{os.getpid()}")
    draft.write_bytes(orjson.dumps(_as_file(head), option=orjson.OPT_INDENT_2))
    draft.chmod(0o444)
    draft.replace(path)


def _as_file(head: AuditHead) -> dict[str, str]:
    return {"content": head.content, **_signature_of(head).as_json()}


def _signature_of(head: AuditHead) -> Signed:
    return Signed(head.signature, head.certificate, head.timestamp)


def state_of(head: AuditHead) -> str:
    """What is wrong with a kept head, in Chinese; empty when signature, stamp and file agree."""
    try:
        wrong = fault(head.content.encode(), _signature_of(head))
    except port.CryptoUnavailable:
        return UNCHECKED
    if wrong:
        return wrong
    path = _file_of(head.day)
    if not path.exists():
        return "异地文件不在"
    return "" if _digest(path.read_bytes()) == _digest(_text(head)) else "与异地文件不一致"


def _text(head: AuditHead) -> bytes:
    return orjson.dumps(_as_file(head), option=orjson.OPT_INDENT_2)


def _digest(data: bytes) -> bytes:
    return hashlib.sha256(data).digest()


def marks(report_to: Callable[[int, int, str], None]) -> dict[tuple[int, int], Mark]:
    """The ends all sound heads name, from the table and from the files; what is wrong is reported.

    A head that is only in the second place still counts: whoever removed its row did not reach the file.
    """
    found: dict[tuple[int, int], Mark] = {}
    days = set()
    previous = ""
    for head in AuditHead.objects.order_by("day"):
        days.add(head.day.isoformat())
        wrong = fault(head.content.encode(), _signature_of(head))
        if wrong:
            report_to(0, 0, f"{head.day} 的链头{wrong}")
            continue
        content = orjson.loads(head.content)
        if content["before"] != previous:
            report_to(0, 0, f"{head.day} 的链头与前一日的链头不相接")
        previous = local.sm3(head.content.encode()).hex()
        _add(found, content)
    for content in _from_files(days, report_to):
        report_to(0, 0, f"{content['day']} 的链头只在异地文件中，数据库中已不见")
        _add(found, content)
    return found


def _add(found: dict[tuple[int, int], Mark], content: dict[str, Any]) -> None:
    day = date.fromisoformat(content["day"])
    for chain, sequence, mac in content["chains"]:
        if sequence:
            found[chain, sequence] = Mark(day, mac)


def _from_files(known: set[str], report_to: Callable[[int, int, str], None]) -> list[dict[str, Any]]:
    """Contents of files whose day the table does not know, where their signature holds."""
    found = []
    for path in sorted(Path(settings.AUDIT_HEADS).glob("????-??-??.json")):
        if path.stem in known:
            continue
        try:
            kept = orjson.loads(path.read_bytes())
            text = kept.pop("content")
            wrong = fault(text.encode(), Signed(**kept))
        except (ValueError, KeyError, TypeError):
            wrong = "残缺"
        if wrong:
            report_to(0, 0, f"异地链头文件 {path.name} {wrong}")
            continue
        found.append(orjson.loads(text))
    return found
