"""The history of a case in words, for applicants and for officers."""

from minfang.kernel.workflow.models import ItemState, WorkItem
from minfang.services.models import Case, CaseStatus, Supplement
from minfang.services.schemas import TimelineEntry


def for_applicant(
    case: Case, items: list[WorkItem] | None = None, supplements: list[Supplement] | None = None
) -> list[TimelineEntry]:
    """What the applicant may know: milestones without the office's inner opinions; newest first.

    A caller that has read the steps and supplements already hands them over.
    """
    entries: list[TimelineEntry] = []

    def add(at: object, title: str, detail: str, who: str, kind: str) -> None:
        if at is not None:
            entries.append(TimelineEntry(at=at, title=title, detail=detail, who=who, kind=kind))  # type: ignore[arg-type]

    office = case.organization.short_name if case.organization else ""
    for row in case.rounds.defer("form_data", "materials").select_related("submitted_by"):
        title = "提交申请" if row.round == 1 else f"第 {row.round} 次提交"
        add(row.submitted_at, title, case.internal_no or "", row.submitted_by.name, "submit")
    for item in _items(case) if items is None else items:
        if item.node == "N15_PREREVIEW" and item.outcome == "FAIL":
            add(item.closed_at, "预审不通过", item.opinion, office, "warn")
        elif item.node == "N15_PREREVIEW" and item.outcome == "PASS":
            add(item.closed_at, "预审通过", "", office, "step")
    for supplement in case.supplements.all() if supplements is None else supplements:
        labels = "、".join(entry["label"] for entry in supplement.items)
        add(
            supplement.issued_at,
            "一次性告知补正",
            f"{labels}；请于 {supplement.due:%Y-%m-%d} 前提交",
            office,
            "warn",
        )
    add(
        case.accepted_at,
        "予以受理",
        f"承诺 {case.promise_due} 前办结" if case.promise_due else "",
        office,
        "step",
    )
    if case.status == CaseStatus.NOT_ACCEPTED:
        add(case.closed_at, "不予受理", case.decision_reason, office, "warn")
    elif case.status == CaseStatus.CANCELLED:
        add(case.closed_at, "办件终止", case.decision_reason, office, "warn")
    elif case.closed_at:
        granted = case.decision == "GRANT"
        add(case.closed_at, "准予许可，已发证" if granted else "不予许可", "", office, "done")
        if case.status == CaseStatus.VOIDED:
            add(case.updated_at, "决定已作废", "", office, "warn")
    return sorted(entries, key=lambda entry: entry.at, reverse=True)


def _items(case: Case) -> list[WorkItem]:
    if case.instance_id is None:
        return []
    rows = WorkItem.objects.filter(instance_id=case.instance_id).exclude(state=ItemState.OPEN)
    return list(rows.select_related("closed_by").order_by("number"))
