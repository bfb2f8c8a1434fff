"""What the push monitor shows: messages of an officer's offices, what waits, for how long and why."""

import io
import json
from collections.abc import Iterable
from datetime import date, datetime, time, timedelta

import xlsxwriter
from django.core.paginator import Paginator
from django.db.models import Q, QuerySet

from minfang.kernel.audit.alarms import raise_alarm
from minfang.kernel.base import clock, masking
from minfang.kernel.base.errors import not_found
from minfang.kernel.base.tables import csv_lines
from minfang.kernel.crypto.local import Tampered
from minfang.kernel.exchange import connectors, queries
from minfang.kernel.exchange.actions import recording
from minfang.kernel.exchange.models import (
    DeliveryAttempt,
    InboxMessage,
    OutboxMessage,
    OutboxState,
    Outcome,
)
from minfang.kernel.iam.access import Access
from minfang.kernel.iam.models import Organization, OrganizationKind
from minfang.services.schemas.pushes import (
    ContradictionOut,
    PlatformCard,
    PushDetail,
    PushList,
    PushOut,
    PushTry,
)

MAX_PAGE, MOST_EXPORTED, MOST_TRIES = 100, 20_000, 50
ALTERED = "内容已被改动"
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
    "status": "证照状态",
    "rating": "好差评",
    "send": "短信",
}
COLUMNS = ("编号", "平台", "内容", "办件", "单位", "序", "状态", "次数", "产生", "送达", "下次重试", "原因")


def push_out(message: OutboxMessage, office: str = "") -> PushOut:
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
        last_error=masking.in_text(message.last_error),
        subject=message.subject.removeprefix("case:"),
        office=office,
    )


def visible(access: Access, permission: str = "push.read") -> QuerySet[OutboxMessage]:
    """Messages that speak for this officer's offices; the city's officers also see what concerns all."""
    offices = access.offices_for(permission)
    scope = Q(organization_id__in=offices)
    if Organization.objects.filter(pk__in=offices, kind=OrganizationKind.MUNICIPAL_OFFICE).exists():
        scope |= Q(organization_id=None)
    return OutboxMessage.objects.filter(scope).defer("payload", "answer")


def one(access: Access, push_id: int, permission: str = "push.read") -> OutboxMessage:
    """A message this officer may see; another looks as if it did not exist."""
    message = visible(access, permission).filter(pk=push_id).first()
    if message is None:
        raise not_found("该推送")
    return message


class Wanted:
    """Which messages are asked for; every part may be empty."""

    def __init__(
        self, state: str = "", platform: str = "", keyword: str = "", since: str = "", until: str = ""
    ) -> None:
        self.state, self.platform, self.keyword = state[:10], platform[:32], keyword.strip()[:40]
        self.since, self.until = _day(since), _day(until)

    def of(self, rows: QuerySet[OutboxMessage]) -> QuerySet[OutboxMessage]:
        """The wanted ones, the latest first."""
        if self.state:
            rows = rows.filter(state=self.state)
        if self.platform:
            rows = rows.filter(connector=self.platform)
        if self.since:
            rows = rows.filter(created_at__gte=self.since)
        if self.until:
            rows = rows.filter(created_at__lt=self.until + timedelta(days=1))
        if self.keyword:
            words = Q(subject__icontains=self.keyword) | Q(last_error__icontains=self.keyword)
            words |= Q(dataset__in=[code for code, name in DATASETS.items() if self.keyword in name])
            rows = rows.filter(words)
        return rows.order_by("-id")


def _day(text: str) -> datetime | None:
    try:
        return datetime.combine(date.fromisoformat(text), time(), clock.SHANGHAI)
    except ValueError:
        return None


def push_list(access: Access, wanted: Wanted, page: int, size: int) -> PushList:
    """The platforms as they stand for this officer's offices, and one page of messages."""
    rows = visible(access)
    cards = [_card(platform) for platform in queries.status(rows)]
    pages = Paginator(wanted.of(rows), min(max(size, 1), MAX_PAGE))
    current = pages.get_page(page)
    shown = list(current)
    names = _offices(shown)
    return PushList(
        total=pages.count,
        page=current.number,
        size=pages.per_page,
        rows=[push_out(row, names.get(row.organization_id or 0, "全市")) for row in shown],
        platforms=cards,
        oldest_seconds=max((card.oldest_seconds for card in cards), default=0),
        contradictions=queries.contradictions().filter(settled_at=None).count(),
    )


def _offices(rows: Iterable[OutboxMessage]) -> dict[int, str]:
    wanted = {row.organization_id for row in rows if row.organization_id is not None}
    return dict(Organization.objects.filter(pk__in=wanted).values_list("pk", "short_name"))


def _card(platform: queries.PlatformStatus) -> PlatformCard:
    return PlatformCard(
        platform=platform.connector,
        label=platform.name,
        counts=platform.counts,
        oldest_seconds=platform.oldest_seconds or 0,
        last_done_at=platform.last_done_at,
        last_error=masking.in_text(platform.last_error),
        rate=platform.rate,
        breaker=platform.breaker,
        breaker_label=platform.breaker_label,
        probe_at=platform.probe_at,
    )


def detail(message: OutboxMessage, *, revealed: bool = False) -> PushDetail:
    """A message with its latest tries; whether each still says what was written down at the time."""
    tries = message.attempts.select_related("message").order_by("-id")[:MOST_TRIES]
    office = _offices([message]).get(message.organization_id or 0, "全市")
    return PushDetail(
        push=push_out(message, office),
        key=message.key,
        revealed=revealed,
        tries=[_try(attempt, revealed) for attempt in tries],
    )


def _try(attempt: DeliveryAttempt, revealed: bool) -> PushTry:
    """One try; where its record was changed, that is told instead of what can no longer be opened."""
    show = str if revealed else masking.in_text
    try:
        said, intact = (attempt.request, attempt.response), recording.holds(attempt)
    except Tampered:
        said, intact = (ALTERED, ALTERED), False
    if intact is False:
        told = f"推送记录的内容已被改动：第 {attempt.message_id} 号推送第 {attempt.number} 次"
        raise_alarm("exchange.record_altered", target=f"exchange_attempt:{attempt.pk}", summary=told)
    return PushTry(
        number=attempt.number,
        started_at=attempt.started_at,
        milliseconds=attempt.milliseconds,
        outcome=attempt.outcome,
        outcome_label=Outcome(attempt.outcome).label,
        status=attempt.status,
        error=show(attempt.error),
        request=show(said[0]),
        response=show(said[1]),
        intact=intact,
    )


def contradiction_list() -> list[ContradictionOut]:
    """Incoming messages that contradict each other, the unsettled first."""
    return [_contradiction(row) for row in queries.contradictions()[:MAX_PAGE]]


def contradiction_out(row: InboxMessage) -> ContradictionOut:
    """One contradiction as the page shows it."""
    return _contradiction(row)


def _contradiction(row: InboxMessage) -> ContradictionOut:
    return ContradictionOut(
        id=row.pk,
        source=row.source,
        external_id=row.external_id,
        received_at=row.received_at,
        repeated_at=row.repeated_at,
        repeats=row.repeats,
        first=masking.in_text(json.dumps(row.payload, ensure_ascii=False)),
        other=masking.in_text(json.dumps(row.other_payload, ensure_ascii=False)),
        settled_at=row.settled_at,
        note=row.note,
    )


def export_rows(access: Access, wanted: Wanted) -> list[tuple[str | int, ...]]:
    """The wanted messages as rows of a table, at most twenty thousand."""
    found = list(wanted.of(visible(access))[:MOST_EXPORTED])
    names = _offices(found)
    return [_cells(push_out(row, names.get(row.organization_id or 0, "全市"))) for row in found]


def _cells(push: PushOut) -> tuple[str | int, ...]:
    def moment(value: datetime | None) -> str:
        return value.astimezone(clock.SHANGHAI).strftime("%Y-%m-%d %H:%M:%S") if value else ""

    return (
        push.id,
        push.platform_label,
        push.dataset_label,
        push.subject,
        push.office,
        push.sequence,
        push.state_label,
        push.tries,
        moment(push.created_at),
        moment(push.delivered_at),
        moment(push.next_try_at),
        push.last_error,
    )


def workbook(rows: list[tuple[str | int, ...]]) -> bytes:
    """The table as Excel; text never starts a formula."""
    out = io.BytesIO()
    options = {"strings_to_formulas": False, "strings_to_urls": False, "in_memory": True}
    with xlsxwriter.Workbook(out, options) as book:
        sheet = book.add_worksheet("推送")
        sheet.write_row(0, 0, COLUMNS, book.add_format({"bold": True, "bottom": 1}))
        for number, row in enumerate(rows, start=1):
            sheet.write_row(number, 0, row)
        sheet.freeze_panes(1, 0)
        sheet.set_column(0, len(COLUMNS) - 1, 16)
    return out.getvalue()


def comma_separated(rows: list[tuple[str | int, ...]]) -> bytes:
    """The table as CSV that Excel opens as UTF-8; cells that look like formulas are quoted as text."""
    return b"".join(csv_lines(COLUMNS, rows))
