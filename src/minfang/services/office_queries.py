"""What officers read: lists, the case page, pushes, search."""

from typing import Any

from django.core.paginator import Paginator
from django.db.models import Count, Q

from minfang.kernel.base import clock
from minfang.kernel.base.errors import Refusal
from minfang.kernel.exchange import connectors
from minfang.kernel.exchange.models import OutboxMessage, OutboxState
from minfang.kernel.iam.access import Access
from minfang.kernel.iam.models import Person
from minfang.services import case_filters, case_rows, desk_queries
from minfang.services.access import current_item
from minfang.services.access import office_case as case_of
from minfang.services.case_page import case_page
from minfang.services.models import Case
from minfang.services.presenting import messages_of
from minfang.services.schemas import (
    Colleague,
    Desk,
    MessageOut,
    OfficeCase,
    OfficeCaseList,
    OfficeCaseRow,
    PushList,
    PushOut,
    SearchHit,
)

MAX_PAGE, MAX_EXPORT = 100, 20_000
DATASETS = {
    "baseInfo": "办件基本信息",
    "preFiles": "办件材料",
    "stepProc": "办理过程",
    "specialNode": "特别程序",
    "stepDone": "办结",
    "seal": "电子用印",
    "document": "电子用印",
    "issue": "统一审批编码",
    "push": "电子证照",
    "rating": "好差评",
    "send": "短信",
}


def desk(access: Access) -> Desk:
    """The officer's first page."""
    return desk_queries.desk(access, messages(access)[:7])


def case_list(access: Access, wanted: dict[str, Any]) -> OfficeCaseList:
    """One page of the filtered list."""
    sort = wanted.get("sort") or "urgent"
    cases = case_filters.ordered(case_filters.filtered(access, wanted), sort)
    pages = Paginator(cases, min(max(int(wanted.get("size") or 20), 1), MAX_PAGE))
    page = pages.get_page(wanted.get("page") or 1)
    return OfficeCaseList(
        total=pages.count,
        page=page.number,
        size=pages.per_page,
        sort=sort,
        rows=case_rows.rows_of(access, page.object_list),
        conditions=case_filters.figure_words(wanted),
    )


def case_workbook(access: Access, wanted: dict[str, Any]) -> bytes:
    """The whole filtered list as Excel."""
    cases = case_filters.ordered(case_filters.filtered(access, wanted), wanted.get("sort") or "urgent")
    if cases.count() > MAX_EXPORT:
        raise Refusal("TOO_MANY_ROWS", f"一次最多导出 {MAX_EXPORT} 件。", "请先缩小筛选范围。", status=422)
    return case_rows.workbook(case_rows.rows_of(access, cases))


def office_case(access: Access, case_id: int) -> OfficeCase:
    """One case for the officer."""
    return case_page(access, case_of(access, case_id), pushes_of)


def next_case(access: Access, after_id: int) -> OfficeCaseRow | None:
    """The most urgent case left on this desk."""
    cases = case_filters.ordered(case_filters.of_tab(access, "todo").exclude(pk=after_id), "urgent")[:1]
    rows = case_rows.rows_of(access, cases)
    return rows[0] if rows else None


def colleagues(access: Access, case_id: int) -> list[Colleague]:
    """People with the role of the current step at the deciding office, except its present holder."""
    case = case_of(access, case_id)
    item = current_item(access, case)
    if item is None:
        return []
    people = Person.objects.filter(
        grants__role__code=item.role, grants__organization_id=item.organization_id, is_active=True
    ).exclude(pk=access.person.pk)
    return [Colleague(id=p.pk, name=p.name, title=p.title) for p in people.distinct().order_by("name")]


def push_out(message: OutboxMessage) -> PushOut:
    """One push as pages show it."""
    return PushOut(
        id=message.pk,
        platform=message.connector,
        platform_label=connectors.name_of(message.connector),
        dataset=message.dataset,
        dataset_label=DATASETS.get(message.dataset, message.dataset),
        sequence=message.sequence,
        state=message.state,
        state_label=OutboxState(message.state).label,
        tries=message.tries,
        created_at=message.created_at,
        delivered_at=message.done_at,
        next_try_at=message.next_try_at if message.state == OutboxState.WAITING else None,
        last_error=message.last_error,
        subject=message.subject.removeprefix("case:"),
    )


def pushes_of(case: Case) -> list[PushOut]:
    """All pushes of one case in order."""
    rows = OutboxMessage.objects.filter(subject=case.subject).defer("payload", "answer").order_by("id")
    return [push_out(row) for row in rows]


def push_list(access: Access, state: str, platform: str, keyword: str, page: int, size: int) -> PushList:
    """Pushes of the cases this officer may see, what needs a person first."""
    numbers = Case.objects.visible_to(access)
    rows = OutboxMessage.objects.defer("payload", "answer")
    if not access.may("push.read") or not numbers.exists():
        rows = rows.none()
    prefix = [f"case:{p}" for p in _number_prefixes(access)]
    scope = Q()
    for start in prefix:
        scope |= Q(subject__startswith=start)
    rows = rows.filter(scope) if prefix else rows.none()
    counts = [
        {
            "platform": row["connector"],
            "label": connectors.name_of(row["connector"]),
            "state": row["state"],
            "state_label": OutboxState(row["state"]).label,
            "count": row["n"],
        }
        for row in rows.values("connector", "state").annotate(n=Count("id")).order_by("connector", "state")
    ]
    oldest = rows.exclude(state__in=[OutboxState.DONE, OutboxState.CANCELLED]).order_by("created_at").first()
    for column, value in (("state", state), ("connector", platform)):
        if value:
            rows = rows.filter(**{column: value})
    if keyword.strip():
        rows = rows.filter(subject__icontains=keyword.strip()[:40])
    pages = Paginator(rows.order_by("-id"), min(max(size, 1), MAX_PAGE))
    current = pages.get_page(page)
    return PushList(
        total=pages.count,
        page=current.number,
        size=pages.per_page,
        counts=counts,
        oldest_seconds=int((clock.now() - oldest.created_at).total_seconds()) if oldest else 0,
        rows=[push_out(row) for row in current],
    )


def _number_prefixes(access: Access) -> list[str]:
    """Case numbers begin with the letters of their office: the scope of a push is the scope of its case."""
    from minfang.kernel.iam.models import Organization
    from minfang.registry import districts

    offices = Organization.objects.filter(pk__in=access.offices_for("push.read"))
    return [districts.district(office.district_code).letters for office in offices]


def messages(access: Access) -> list[MessageOut]:
    """In-app messages with the case they lead to."""
    return messages_of(access.person, "/office/cases/")


def search(access: Access, text: str) -> list[SearchHit]:
    """Cases by number (also its last digits), project or applicant."""
    text = text.strip()[:50]
    if len(text) < 2:
        return []
    cases = Case.objects.visible_to(access).filter(
        Q(internal_no__iendswith=text)
        | Q(internal_no__istartswith=text)
        | Q(apply_no__startswith=text)
        | Q(project_name__icontains=text)
        | Q(applicant_name__icontains=text)
    )
    found = cases.select_related("matter").defer(*case_rows.LISTED).order_by("-id")[:12]
    return [
        SearchHit(
            kind="办件",
            title=case.project_name or case.internal_no or "",
            detail=f"{case.internal_no} · {case.matter.short_name} · {case.get_status_display()}",
            link=f"/office/cases/{case.pk}",
        )
        for case in found
    ]
