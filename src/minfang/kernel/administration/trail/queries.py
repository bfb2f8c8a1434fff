"""Read the trail, its checks and the alarms for the pages."""

from typing import Any

import orjson
from django.conf import settings
from django.db.models import Q

from minfang.kernel.audit import catalogue, daily, searching
from minfang.kernel.audit.models import AuditChain, AuditCheck, AuditEvent, AuditHead, SecurityAlarm
from minfang.kernel.base.errors import not_found
from minfang.kernel.iam.models import Person

from . import schemas as s

SHOWN_HEADS, SHOWN_CHECKS = 60, 20
ABSENT = "—"


def wanted(conditions: s.TrailConditions) -> searching.Wanted:
    """Conditions of a page as the audit room understands them; a name stands for all people called so."""
    values = conditions.dict(exclude={"actor", "reason"})
    name = conditions.actor.strip()
    people: tuple[int, ...] = ()
    if name:
        who = Q(name=name) | Q(username=name.lower())
        people = tuple(Person.objects.filter(who).values_list("pk", flat=True)[:200])
    text: dict[str, Any] = {k: v.strip() if isinstance(v, str) else v for k, v in values.items()}
    return searching.Wanted(people=people, name=name, **text)


def _row(event: AuditEvent) -> dict[str, Any]:
    return {
        "id": event.pk,
        "at": event.at,
        "actor": event.actor_name,
        "office": event.actor_office,
        "role": event.role,
        "action": event.action,
        "action_name": catalogue.name_of(event.action),
        "target": event.target,
        "summary": event.summary,
        "result": event.result,
        "address": event.address,
    }


def events(conditions: s.TrailConditions, before: int, size: int) -> dict[str, Any]:
    """One page of entries, newest first."""
    page = searching.page(wanted(conditions), before=before, size=size)
    return {
        "rows": [_row(event) for event in page.rows],
        "following": page.following,
        "total": page.total,
        "exact": page.exact,
    }


def _words(value: Any) -> str:
    if value is None or value == "":
        return ABSENT
    if isinstance(value, bool):
        return "是" if value else "否"
    return value if isinstance(value, str) else orjson.dumps(value).decode()


def differences(before: Any, after: Any) -> list[dict[str, str]]:
    """What an entry says about before and after, one line for each thing named."""
    old = before if isinstance(before, dict) else {}
    new = after if isinstance(after, dict) else {}
    return [
        {
            "label": catalogue.field_name(key),
            "before": _words(old.get(key)) if old else ABSENT,
            "after": _words(new.get(key)) if new else ABSENT,
        }
        for key in [*old, *(key for key in new if key not in old)]
    ]


def event(number: int) -> dict[str, Any]:
    """Everything one entry says."""
    found = AuditEvent.objects.filter(pk=number).first()
    if found is None:
        raise not_found("该条日志")
    known = catalogue.events().get(found.action)
    return {
        **_row(found),
        "category": catalogue.categories().get(known.category, "") if known else "",
        "meaning": known.meaning if known else "",
        "actor_id": found.actor_id,
        "port": found.port,
        "agent": found.agent,
        "request_id": found.request_id,
        "reason": found.reason,
        "differences": differences(found.before, found.after),
        "chain": found.chain,
        "sequence": found.sequence,
        "mac": found.mac,
        "previous_mac": found.previous_mac,
        "history": found.target if found.target.startswith("case:") else "",
    }


def kinds() -> dict[str, Any]:
    """The catalogue by category."""
    return {
        "categories": [
            {
                "code": code,
                "name": name,
                "events": [
                    {"value": found, "label": catalogue.name_of(found)} for found in catalogue.codes_of(code)
                ],
            }
            for code, name in catalogue.categories().items()
        ]
    }


def check(row: AuditCheck) -> dict[str, Any]:
    """One verification."""
    return {
        "id": row.pk,
        "started_at": row.started_at,
        "finished_at": row.finished_at,
        "person": row.person_name,
        "total": row.total,
        "done": row.done,
        "sound": row.sound,
        "findings": [str(found.get("text") or found.get("message")) for found in row.findings],
    }


def _head(row: AuditHead) -> dict[str, Any]:
    chains = orjson.loads(row.content)["chains"]
    entries = sum(sequence for _, sequence, _ in chains)
    return {"day": row.day, "taken_at": row.taken_at, "state": daily.state_of(row), "entries": entries}


def checks() -> dict[str, Any]:
    """Verifications, daily heads with their state, and how long each chain is."""
    return {
        "checks": [check(row) for row in AuditCheck.objects.all()[:SHOWN_CHECKS]],
        "heads": [_head(row) for row in AuditHead.objects.order_by("-day")[:SHOWN_HEADS]],
        "chains": [
            {"number": row.number, "entries": row.last_sequence}
            for row in AuditChain.objects.order_by("number")
        ],
        "heads_folder": str(settings.AUDIT_HEADS),
    }


def _alarm(row: SecurityAlarm) -> dict[str, Any]:
    return {
        "id": row.pk,
        "kind": catalogue.alarm_name(row.kind),
        "target": row.target,
        "summary": row.summary,
        "details": differences(None, row.details),
        "count": row.count,
        "raised_at": row.raised_at,
        "last_at": row.last_at,
        "acknowledged_by": row.acknowledged_name,
        "acknowledged_at": row.acknowledged_at,
        "note": row.note,
    }


def alarms(state: str, words: str, page: int, size: int) -> dict[str, Any]:
    """Alarms, the latest first; ``state`` is ``open``, ``done`` or empty."""
    rows = SecurityAlarm.objects.order_by("-last_at", "-pk")
    if state in ("open", "done"):
        rows = rows.filter(acknowledged_at__isnull=state == "open")
    if words:
        rows = rows.filter(Q(summary__contains=words) | Q(target__contains=words))
    start = (page - 1) * size
    return {
        "rows": [_alarm(row) for row in rows[start : start + size]],
        "total": rows.count(),
        "open": SecurityAlarm.objects.filter(acknowledged_at=None).count(),
        "page": page,
        "size": size,
    }


def alarm(number: int) -> dict[str, Any]:
    """One alarm."""
    return _alarm(SecurityAlarm.objects.get(pk=number))
