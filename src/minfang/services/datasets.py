"""What may be counted of cases: the declared measures behind statistics pages, exports and screens."""

from collections.abc import Sequence
from datetime import datetime

from django.db.models import Aggregate, Count, Exists, F, OuterRef, Q, Subquery, Sum, Value, When
from django.db.models import Case as SqlCase

from minfang.kernel.base import clock
from minfang.kernel.datasets.model import (
    Dataset,
    Dimension,
    Measure,
    RowColumn,
    TimeDimension,
    count_of,
    register,
    share_of,
)
from minfang.kernel.iam.access import Access
from minfang.kernel.iam.models import Organization
from minfang.kernel.workdays.models import WorkCalendarDay
from minfang.kernel.workdays.queries import official_calendar
from minfang.registry import districts
from minfang.services.actions.progress import DENY, GRANT
from minfang.services.case_filters import light_filter
from minfang.services.models import CLOSED_STATUSES, Case, CaseStatus, Matter, Supplement
from minfang.services.presenting import district_name

LIGHTS = {
    "RED": "红灯 · 超期",
    "YELLOW": "黄灯 · 将到期",
    "GREEN": "绿灯 · 正常",
    "GREY": "灰灯 · 停钟",
    "NONE": "不计时",
}
DECISIONS = {GRANT: "准予", DENY: "不予"}
PHASES: dict[str, tuple[str, tuple[CaseStatus, ...]]] = {
    "PREREVIEW": ("预审", (CaseStatus.SUBMITTED, CaseStatus.PREREVIEW, CaseStatus.PREREVIEW_FAILED)),
    "ACCEPTANCE": ("受理", (CaseStatus.ACCEPTING, CaseStatus.SUPPLEMENT)),
    "REVIEW": (
        "审查",
        (
            CaseStatus.ACCEPTED,
            CaseStatus.REVIEWING,
            CaseStatus.SPECIAL,
            CaseStatus.TRANSFERRED,
            CaseStatus.CANCELLING,
        ),
    ),
    "DECISION": ("决定与制证", (CaseStatus.DECIDED, CaseStatus.CERTIFYING)),
    "FINISHED": ("办结", (CaseStatus.DONE, CaseStatus.DELIVERED)),
    "STOPPED": (
        "终止",
        (
            CaseStatus.NOT_ACCEPTED,
            CaseStatus.CANCELLED,
            CaseStatus.VOIDED,
            CaseStatus.DONE_SUPP_TIMEOUT,
        ),
    ),
}
ACCEPTED = Q(accepted_at__isnull=False)
CLOSED = Q(closed_at__isnull=False)
OPEN = ~Q(status__in=[*CLOSED_STATUSES, CaseStatus.DRAFT])
PROMISED = CLOSED & Q(promise_due__isnull=False)
KEPT = Q(closed_at__date__lte=F("promise_due"))


def _phase() -> SqlCase:
    whens = [When(status__in=statuses, then=Value(code)) for code, (_, statuses) in PHASES.items()]
    return SqlCase(*whens, default=Value(""))


def _light() -> SqlCase:
    calendar, today = official_calendar(), clock.today()
    lit = [c for c in LIGHTS if c != "NONE"]
    return SqlCase(
        *(When(light_filter(colour, calendar, today), then=Value(colour)) for colour in lit),
        default=Value("NONE"),
    )


def _overdue() -> Q:
    return light_filter("RED", official_calendar(), clock.today())


def _supplemented() -> Q:
    return Q(Exists(Supplement.objects.filter(case=OuterRef("pk"))))


def _worked_days() -> Aggregate:
    """Working days after the day of acceptance up to the day of closing, as ``Calendar.between`` counts."""
    days = WorkCalendarDay.objects.filter(
        is_workday=True,
        date__gt=OuterRef("accepted_at__date"),
        date__lte=OuterRef("closed_at__date"),
    )
    counted = days.order_by().values("is_workday").annotate(n=Count("pk")).values("n")
    return Sum(Subquery(counted), filter=ACCEPTED & CLOSED)


def _reach(access: Access) -> Sequence[str]:
    """The districts a person's offices cover: all of them for the city, else their own."""
    codes = Organization.objects.filter(pk__in=access.offices_for("case.read")).values_list(
        "district_code", flat=True
    )
    held = set(codes)
    return [d.code for d in districts.all_districts() if d.code in held or districts.CITY_CODE in held]


def _day(value: datetime | None) -> str:
    return clock.day_of(value).isoformat() if value else ""


def _matters() -> dict[str, str]:
    return dict(Matter.objects.values_list("code", "short_name"))


def _dimensions() -> dict[str, Dimension | TimeDimension]:
    names = {d.code: d.name for d in districts.all_regions()}
    statuses = {str(value): str(label) for value, label in CaseStatus.choices}
    return {
        "district": Dimension("区", "district_code", names, domain=_reach),
        "matter": Dimension("事项", "matter__code", _matters),
        "status": Dimension("状态", "status", statuses, order=tuple(statuses)),
        "phase": Dimension(
            "阶段", _phase, {code: title for code, (title, _) in PHASES.items()}, order=tuple(PHASES)
        ),
        "decision": Dimension("决定", "decision", DECISIONS, order=(GRANT, DENY), missing="未决定"),
        "light": Dimension("灯", _light, LIGHTS, order=tuple(LIGHTS)),
        "submitted": TimeDimension("提交", "submitted_at", missing="未提交"),
        "accepted": TimeDimension("受理", "accepted_at", missing="未受理"),
        "closed": TimeDimension("办结", "closed_at", missing="未办结"),
    }


def _status(value: str) -> str:
    return str(CaseStatus(value).label)


def _columns() -> tuple[RowColumn, ...]:
    return (
        RowColumn("办件编号", "internal_no"),
        RowColumn("事项", "matter__short_name"),
        RowColumn("项目", "project_name"),
        RowColumn("申请人", "applicant_name"),
        RowColumn("区", "district_code", district_name),
        RowColumn("状态", "status", _status),
        RowColumn("提交", "submitted_at", _day),
        RowColumn("受理", "accepted_at", _day),
        RowColumn("办结", "closed_at", _day),
    )


CASES = register(
    Dataset(
        code="cases",
        title="办件",
        source=Case.objects.visible_to,
        time="submitted",
        dimensions=_dimensions(),
        measures={
            "submitted": count_of("提交", basis="已提交的办件，按提交日计入期间。"),
            "accepted": count_of("受理", ACCEPTED, basis="其中已受理的办件。"),
            "closed": count_of("办结", CLOSED, basis="其中已办结的办件，含不予受理。"),
            "open": count_of("在办", OPEN, basis="其中现在尚未办结的办件，含停钟。"),
            "overdue": count_of(
                "在办超期", _overdue, basis="其中现在在办、计时未停且已过本环节到期日的办件（红灯）。"
            ),
            "on_time": share_of(
                "按时办结率",
                KEPT,
                PROMISED,
                basis="办结日不晚于承诺到期日的办件 ÷ 有承诺到期日且已办结的办件；没有承诺到期日的不计入。",
            ),
            "days": Measure(
                "平均办理时长",
                "工作日",
                _worked_days,
                lambda: Count("pk", filter=ACCEPTED & CLOSED),
                format="number",
                basis="受理次日至办结日的工作日合计 ÷ 已受理且已办结的办件；含补正、特别程序停钟的日子。",
                rows=ACCEPTED & CLOSED,
            ),
            "supplement": share_of(
                "补正率", _supplemented, Q(), basis="发过补正通知的办件 ÷ 提交的办件；一件补正多次只计一次。"
            ),
        },
        permission="case.read",
        columns=_columns(),
        link="/office/cases/{pk}",
    )
)
