"""Rows of case lists, built for a whole page with a fixed number of queries."""

import io
from collections.abc import Iterable
from typing import Any

import xlsxwriter
from django.db.models import QuerySet

from minfang.kernel.base import clock
from minfang.kernel.iam.access import Access
from minfang.kernel.workdays.queries import official_calendar
from minfang.kernel.workflow.definitions import graph_of
from minfang.kernel.workflow.models import ItemState, WorkItem
from minfang.kernel.workflow.rights import may_act
from minfang.services import deadlines
from minfang.services.matters import definition_of
from minfang.services.models import Case, CaseStatus
from minfang.services.presenting import district_name, short_time
from minfang.services.schemas import OfficeCaseRow

LISTED = ("form_data", "query_password", "decision_reason")
HEADINGS = [
    "办件编号",
    "统一审批编码",
    "事项",
    "项目",
    "申请人",
    "区",
    "环节",
    "经办",
    "状态",
    "灯",
    "到期",
    "提交",
    "办结",
]


def rows_of(access: Access, cases: QuerySet[Case] | Iterable[Case]) -> list[OfficeCaseRow]:
    """Cases as rows; the open step of each is fetched for all at once."""
    if isinstance(cases, QuerySet):
        cases = cases.select_related("matter").defer(*LISTED)
    found = list(cases)
    items: dict[int, WorkItem] = {}
    wanted = [case.instance_id for case in found if case.instance_id]
    open_items = WorkItem.objects.filter(instance_id__in=wanted, state=ItemState.OPEN).defer("opinion")
    for item in open_items.select_related("assignee", "instance").order_by("number"):
        if item.instance_id not in items or may_act(item, access):
            items[item.instance_id] = item
    calendar, today = official_calendar(), clock.today()
    return [_row(access, case, items.get(case.instance_id or 0), calendar, today) for case in found]


def _row(access: Access, case: Case, item: WorkItem | None, calendar: Any, today: Any) -> OfficeCaseRow:
    warn = definition_of(case.matter_version_id).warning
    node = graph_of(item.instance.definition_id).node(item.node) if item else None
    return OfficeCaseRow(
        id=case.pk,
        item_id=item.pk if item and may_act(item, access) else None,
        internal_no=case.internal_no or "",
        apply_no=case.apply_no,
        matter_code=case.matter.code,
        matter_name=case.matter.short_name,
        project_name=case.project_name or "（未填项目名称）",
        applicant_name=case.applicant_name,
        district_code=case.district_code,
        district_name=district_name(case.district_code),
        node=item.node if item else "",
        node_name=node.name if node else "",
        handler=item.assignee.name if item and item.assignee else "",
        status=case.status,
        status_label=CaseStatus(case.status).label,
        light=deadlines.light_of(case, calendar, today, warn),
        promise_due=case.due_on,
        submitted_at=case.submitted_at,
        closed_at=case.closed_at,
    )


def workbook(rows: list[OfficeCaseRow]) -> bytes:
    """A list as Excel; text cells never start a formula."""
    out = io.BytesIO()
    book = xlsxwriter.Workbook(
        out, {"strings_to_formulas": False, "strings_to_urls": False, "in_memory": True}
    )
    sheet = book.add_worksheet("办件")
    bold = book.add_format({"bold": True, "bg_color": "#F7F9FB", "bottom": 1})
    sheet.write_row(0, 0, HEADINGS, bold)
    for number, row in enumerate(rows, start=1):
        cells = [
            row.internal_no,
            row.apply_no,
            row.matter_name,
            row.project_name,
            row.applicant_name,
            row.district_name,
            row.node_name,
            row.handler,
            row.status_label,
            row.light.text,
            row.promise_due.isoformat() if row.promise_due else "",
            short_time(row.submitted_at),
            short_time(row.closed_at),
        ]
        sheet.write_row(number, 0, cells)
    sheet.freeze_panes(1, 0)
    sheet.autofilter(0, 0, max(len(rows), 1), len(HEADINGS) - 1)
    sheet.set_column(0, 1, 22)
    sheet.set_column(2, 4, 28)
    book.close()
    return out.getvalue()
