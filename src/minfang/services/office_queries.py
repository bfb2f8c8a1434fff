"""What officers read: lists, the case page, pushes, search."""

from typing import Any

from django.core.paginator import Paginator
from django.db.models import Q

from minfang.kernel.base.errors import Refusal
from minfang.kernel.exchange.models import OutboxMessage
from minfang.kernel.iam.access import Access
from minfang.kernel.iam.models import Organization, Person, Role, RoleGrant
from minfang.kernel.workflow.areas import direction
from minfang.kernel.workflow.definitions import graph_of
from minfang.services import case_filters, case_rows, desk_queries
from minfang.services.access import current_item
from minfang.services.access import office_case as case_of
from minfang.services.case_page import case_page
from minfang.services.models import Case
from minfang.services.presenting import messages_of
from minfang.services.push_monitor import push_out
from minfang.services.schemas import (
    Colleague,
    Desk,
    MessageOut,
    OfficeCase,
    OfficeCaseList,
    OfficeCaseRow,
    OfficeChoice,
    PushOut,
    SearchHit,
)

MAX_PAGE, MAX_EXPORT = 100, 20_000


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


def colleagues(access: Access, case_id: int, purpose: str = "") -> list[Colleague]:
    """Who may take the current step over at the deciding office, except its present holder.

    For ``sign`` it is everybody of the office who handles cases; otherwise who holds the step's role.
    """
    case = case_of(access, case_id)
    item = current_item(access, case)
    if item is None:
        return []
    handling = [role.code for role in Role.objects.all() if "case.handle" in role.permissions]
    people = Person.objects.filter(
        grants__role__code__in=handling if purpose == "sign" else [item.role],
        grants__organization_id=item.organization_id,
        is_active=True,
    ).exclude(pk=access.person.pk)
    return [Colleague(id=p.pk, name=p.name, title=p.title) for p in people.distinct().order_by("name")]


def offices(access: Access, case_id: int) -> list[OfficeChoice]:
    """The offices the current step allows the case to be handed to, with who does the step there."""
    case = case_of(access, case_id)
    item = current_item(access, case)
    if item is None or case.organization is None or case.instance is None:
        return []
    allowed = graph_of(case.instance.definition_id).node(item.node).transfer_areas
    there = Organization.objects.exclude(pk=case.organization.pk).order_by("code")
    reachable = [office for office in there if direction(case.organization, office) in allowed]
    grants = RoleGrant.objects.filter(
        role__code=item.role, organization__in=reachable, person__is_active=True
    )
    people: dict[int, list[str]] = {}
    for office_id, name in grants.order_by("person__name").values_list("organization_id", "person__name"):
        people.setdefault(office_id, []).append(name)
    return [
        OfficeChoice(id=office.pk, name=office.name, people=people[office.pk])
        for office in reachable
        if office.pk in people
    ]


def pushes_of(case: Case) -> list[PushOut]:
    """All pushes of one case in order."""
    rows = OutboxMessage.objects.filter(subject=case.subject).defer("payload", "answer").order_by("id")
    return [push_out(row) for row in rows]


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
