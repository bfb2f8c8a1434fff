"""Putting a version in force, by a person or with the product."""

import tomllib
from pathlib import Path
from typing import Any

from django.db import transaction

from minfang.kernel.audit.actions import record
from minfang.kernel.base import clock
from minfang.kernel.base.errors import stale
from minfang.kernel.iam.models import Person
from minfang.supervision.rules import checking, queries
from minfang.supervision.rules.actions.editing import draft_of, require_reason, rule_of
from minfang.supervision.rules.models import AlarmRule, AlarmRuleVersion, FrequencyThreshold, VersionState

DEFINITIONS = Path(__file__).parents[1] / "definitions"


@transaction.atomic
def publish(person: Person, rule_id: int, edit: int, over: int | None, reason: str) -> AlarmRuleVersion:
    """Put the draft in force in place of version ``over`` (None: the first one).

    ``edit`` and ``over`` are what the officer saw; somebody else's saving or publishing in between refuses.
    Alarms that are open keep the version they began with until they clear.
    """
    rule = rule_of(rule_id, locked=True)
    draft = draft_of(rule)
    live = AlarmRuleVersion.objects.filter(live_key=rule.pk).first()
    if draft.edit != edit:
        raise stale("这份草稿刚刚被他人改过。")
    if (live.number if live else None) != over:
        raise stale("刚刚有人发布了新版本。")
    text = require_reason(reason)
    checking.sound(draft.definition)
    _put_in_force(rule, draft, live, person, text)
    record(
        "rule.published",
        person=person,
        target=rule,
        summary=f"发布规则 {rule.code} {rule.name} 第 {draft.number} 版",
        before={"version": live.number, "digest": live.digest} if live else None,
        after={"version": draft.number, "digest": draft.digest},
        reason=text,
    )
    transaction.on_commit(queries.forget_engine)
    return draft


def _put_in_force(
    rule: AlarmRule,
    draft: AlarmRuleVersion,
    live: AlarmRuleVersion | None,
    person: Person | None,
    reason: str,
) -> None:
    now = clock.now()
    if live is not None:
        live.state, live.live_key, live.retired_at = VersionState.RETIRED, None, now
        live.save(update_fields=["state", "live_key", "retired_at"])
    draft.state, draft.reason = VersionState.PUBLISHED, reason
    draft.published_at, draft.published_by = now, person
    draft.draft_key, draft.live_key = None, rule.pk
    draft.save()
    rule.revision, rule.changed_at = rule.revision + 1, now
    rule.save(update_fields=["revision", "changed_at"])


def shipped() -> list[dict[str, Any]]:
    """The rules of handbook §9.1 and the emergency set, as the files say them."""
    found: list[dict[str, Any]] = []
    for file in sorted(DEFINITIONS.glob("*.toml")):
        found += tomllib.loads(file.read_text(encoding="utf-8")).get("rule", [])
    return found


@transaction.atomic
def load_shipped() -> int:
    """Bring in what the product ships as version 1; what the installation already has is left alone."""
    named = tomllib.loads((DEFINITIONS / "frequencies.toml").read_text(encoding="utf-8"))["frequency"]
    for row in named:
        rest = {key: row[key] for key in ("name", "times", "span_seconds")}
        FrequencyThreshold.objects.get_or_create(code=row["code"], defaults=rest)
    known = set(AlarmRule.objects.values_list("code", flat=True))
    fresh = [row for row in shipped() if row["code"] not in known]
    for row in fresh:
        _load(row)
    return len(fresh)


def _load(row: dict[str, Any]) -> None:
    data = checking.plain(checking.sound(row["definition"]))
    rule = AlarmRule.objects.create(
        code=row["code"],
        name=row["name"],
        category=row["category"],
        shipped=True,
        enabled=row.get("enabled", True),
        off_reason=row.get("off_reason", ""),
    )
    version = AlarmRuleVersion.objects.create(
        rule=rule, number=1, definition=data, digest=checking.digest(data), draft_key=rule.pk
    )
    _put_in_force(rule, version, None, None, "系统预置")
