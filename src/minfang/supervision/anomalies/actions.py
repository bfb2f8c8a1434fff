"""What an office does about anomalies."""

from dataclasses import replace

from django.db import transaction

from minfang.kernel.audit.actions import record
from minfang.kernel.base import clock
from minfang.kernel.base.errors import FieldError, forbidden, invalid, not_found
from minfang.supervision.anomalies.asking import Asked
from minfang.supervision.anomalies.figures import Figure, Model
from minfang.supervision.anomalies.models import AnomalyFinding, FindingState
from minfang.supervision.anomalies.queries import prefix

VERBS = {
    "TASK": (FindingState.OPEN, "anomaly.task", "生成核查任务"),
    "HANDLE": (FindingState.HANDLED, "anomaly.handle", "标记已处理"),
    "IGNORE": (FindingState.IGNORED, "anomaly.ignore", "忽略"),
}
LEAST_NOTE, MOST_NOTE = 4, 500


@transaction.atomic
def act(asked: Asked, model: Model, key: str, verb: str, note: str) -> AnomalyFinding:
    """Begin a check of a figure, or end it with a reason; the figures seen are kept with it."""
    person = asked.access.person
    if person.organization_id is None:
        raise forbidden("您不属于任何单位，不能处理异常。")
    if verb not in VERBS:
        raise invalid([FieldError("verb", "操作", "请选择生成核查任务、标记已处理或忽略。")])
    note = note.strip()
    if len(note) < LEAST_NOTE or len(note) > MOST_NOTE:
        message = f"请写明情况或理由，{LEAST_NOTE} 至 {MOST_NOTE} 字。"
        raise invalid([FieldError("note", "说明", message)])
    figure = _figure(replace(asked, permission="iot.handle"), model, key)
    state, code, words = VERBS[verb]
    finding, _ = AnomalyFinding.objects.update_or_create(
        office_id=person.organization_id,
        model=model.code,
        key=prefix(model, asked) + figure.key,
        period=asked.period.label,
        defaults={
            "label": figure.label,
            "figures": {"cells": figure.cells, "reason": figure.reason, "flagged": figure.flagged},
            "state": state,
            "note": note,
            "person": person,
            "at": clock.now(),
        },
    )
    summary = f"{words}：{model.title} {figure.label} {asked.period.label}，{note}"[:500]
    record(code, person=person, target=f"anomaly:{finding.pk}", summary=summary)
    return finding


def _figure(asked: Asked, model: Model, key: str) -> Figure:
    for figure in model.figures(asked):
        if figure.key == key:
            return figure
    raise not_found("该异常")
