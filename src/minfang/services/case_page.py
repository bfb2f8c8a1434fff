"""The case page of the office: one case with all that is needed to judge it."""

from collections.abc import Callable
from typing import Any

from minfang.kernel.base import clock, masking
from minfang.kernel.iam.access import Access
from minfang.kernel.workdays.deadlines import Deadline
from minfang.kernel.workdays.queries import official_calendar
from minfang.kernel.workflow.definitions import graph_of
from minfang.kernel.workflow.drawing import drawing
from minfang.kernel.workflow.models import ItemState, WorkItem
from minfang.kernel.workflow.rights import outcome_label
from minfang.services import calculations, comparing, deadlines, materials, timeline
from minfang.services.access import current_item
from minfang.services.case_signers import asked_of, seat_of, signers_of, step_name
from minfang.services.case_verbs import blocked_reason, people_for, suggested_opinion, verbs_of
from minfang.services.matters import definition_of, engine_of
from minfang.services.models import Case, CaseStatus
from minfang.services.presenting import (
    district_name,
    documents_of,
    material_out,
    supplement_out,
)
from minfang.services.schemas import DeadlineOut, OfficeCase, OpinionOut, PushOut


def case_page(access: Access, case: Case, pushes_of: Callable[[Case], list[PushOut]]) -> OfficeCase:
    """Compose the page; ``pushes_of`` reads the case's messages to the outside."""
    assert case.instance is not None
    definition, engine, data = (
        definition_of(case.matter_version_id),
        engine_of(case.matter_version_id),
        case.form_data,
    )
    items = _items(case)
    supplements = list(case.supplements.all())
    item = current_item(access, case)
    groups, handed_in = comparing.groups(case), calculations.handed_in(case)
    verbs = verbs_of(access, case, item, items)
    return OfficeCase(
        id=case.pk,
        version=case.version,
        internal_no=case.internal_no or "",
        apply_no=case.apply_no,
        matter_code=case.matter.code,
        matter_name=case.matter.name,
        project_name=case.project_name,
        applicant_name=case.applicant_name,
        contact=_contact(data),
        office_name=case.organization.name if case.organization else "",
        district_name=district_name(case.district_code),
        status=case.status,
        status_label=CaseStatus(case.status).label,
        deadline=_deadline(case),
        drawing=drawing(case.instance.definition, case.instance),
        current=_current(case, items),
        rounds=case.round,
        groups=groups,
        change_count=sum(group.changes for group in groups),
        calculations=calculations.of_case(engine, data),
        facts=_facts(engine, definition.raw, data),
        materials=[material_out(m) for m in handed_in],
        material_rules=materials.rules(definition, data),
        missing_materials=[e.label for e in materials.missing(definition, data, handed_in)],
        opinions=_opinions(case, items),
        timeline=timeline.for_applicant(case, items, supplements),
        documents=documents_of(case.subject),
        pushes=pushes_of(case),
        supplement=supplement_out(supplements[-1] if supplements else None),
        item_id=item.pk if item else None,
        item_version=item.version if item else None,
        verbs=verbs,
        blocked_reason=blocked_reason(access, case, item),
        phrases=_phrases(access, case, item),
        suggested_opinion=suggested_opinion(case, item),
        signers=signers_of(access, case, items),
        asked=asked_of(case, item),
    )


def _contact(data: dict[str, Any]) -> str:
    """Name and masked mobile of the contact person."""
    return f"{data.get('contact_name') or ''} {masking.number(str(data.get('contact_mobile') or ''))}".strip()


def _deadline(case: Case) -> DeadlineOut:
    calendar, today = official_calendar(), clock.today()
    definition = definition_of(case.matter_version_id)
    light = deadlines.light_of(case, calendar, today, definition.warning)
    pauses = deadlines.pauses_of(case)
    used = None
    if case.accepted_at and not case.closed_at:
        limit = definition.limit("promise")
        used = Deadline(clock.day_of(case.accepted_at), limit.days, limit.unit, pauses).elapsed(
            calendar, today
        )
    return DeadlineOut(
        light=light,
        used=used,
        limit=case.clock_days,
        accepted_on=clock.day_of(case.accepted_at) if case.accepted_at else None,
        promise_due=case.promise_due,
        legal_due=case.legal_due,
        paused_days=sum(
            calendar.between(start, end or today) for start, end in pauses if (end or today) > start
        ),
    )


def _items(case: Case) -> list[WorkItem]:
    """All steps of the case with their people, read once for the whole page."""
    rows = WorkItem.objects.filter(instance_id=case.instance_id).select_related("closed_by", "assignee")
    return list(rows.order_by("number"))


def _current(case: Case, items: list[WorkItem]) -> dict[str, Any]:
    """Who has it now, and where it goes next."""
    assert case.instance is not None
    graph = graph_of(case.instance.definition_id)
    names = [
        {"node": step_name(graph.node(i.node), i), "who": i.assignee.name if i.assignee else people_for(i)}
        for i in items
        if i.state == ItemState.OPEN
    ]
    return {"items": names, "definition": str(case.instance.definition)}


def _facts(engine: Any, raw: dict[str, Any], data: dict[str, Any]) -> list[dict[str, str]]:
    """The key figures the definition names for the head of the page."""
    out = []
    for path in raw.get("key_facts", []):
        field = engine.form.fields.get(path)
        if field is not None:
            unit = field.raw.get("unit", "")
            value = calculations.label_of(engine, path, data.get(path))
            out.append(
                {"label": field.label, "value": f"{value} {unit}".strip() if value else "—", "path": path}
            )
    return out


def _opinions(case: Case, items: list[WorkItem]) -> list[OpinionOut]:
    assert case.instance is not None
    graph = graph_of(case.instance.definition_id)
    out = []
    for row in items:
        node = graph.node(row.node)
        label = outcome_label(graph, row)
        who = row.closed_by or row.assignee
        out.append(
            OpinionOut(
                item_id=row.pk,
                node=row.node,
                node_name=node.name,
                round=row.round,
                who=who.name if who else ("系统" if node.kind == "system" else "待签收"),
                who_title=who.title if who else "",
                outcome=row.outcome,
                outcome_label=label or ItemState(row.state).label,
                opinion=row.opinion,
                opened_at=row.opened_at,
                closed_at=row.closed_at,
                state=row.state,
                seat=seat_of(node, row),
            )
        )
    return out


def _phrases(access: Access, case: Case, item: WorkItem | None) -> list[str]:
    if item is None:
        return []
    own = list(access.person.phrases.values_list("text", flat=True))
    return [*definition_of(case.matter_version_id).phrases(item.node), *own]
