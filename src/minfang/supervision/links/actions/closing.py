"""How a run ends: counted and right, not right, failed and tried again, paused, stopped."""

from datetime import datetime, timedelta

from django.db import transaction

from minfang.kernel.audit.actions import record
from minfang.kernel.base import clock
from minfang.kernel.base.errors import Refusal
from minfang.supervision.links import schedule
from minfang.supervision.links.actions import warning
from minfang.supervision.links.definitions import limits
from minfang.supervision.links.models import (
    DataLink,
    DataSource,
    LinkRun,
    LinkState,
    RunState,
    SourceState,
)

WORTH_TRYING = ("TIMEOUT", "REFUSED", "SOURCE_FAILED", "HOST_UNKNOWN")
NEEDS_A_PERSON = ("WRONG_PASSWORD",)


@transaction.atomic
def finish(run: LinkRun, worker: str, source_count: int | None, without_mark: int) -> None:
    """End a run that read everything: a success only where the counts agree, at the source and here."""
    link = _mine(run, worker)
    if link is None:
        return
    now = clock.now()
    carried = min(int(run.position.get("carried", 0)), run.duplicates)
    run.written, run.duplicates = run.written + carried, run.duplicates - carried
    run.source_count = source_count
    there = run.store_count == run.written + run.duplicates or run.store_count is None
    agreed = source_count in (None, run.read) and there
    run.state, run.ended_at = RunState.SUCCEEDED if agreed else RunState.MISMATCH, now
    run.unusual = _unusual(run, without_mark)
    run.error_code, run.error = "", ""
    if not agreed:
        run.error_code = "COUNTS_DIFFER"
        run.error = (
            f"源端计数 {source_count}，读取 {run.read}，入库回读 {run.store_count}；源数据可能仍在变化。"
        )
    run.save()
    link.failures = 0 if agreed else link.failures + 1
    link.last_success_at = now if agreed else link.last_success_at
    _release(link, now)
    _mark_source(link.source_id, SourceState.OK, "", now)
    if not agreed or run.unusual:
        warning.consider(link, run.error or run.unusual)


@transaction.atomic
def fail(run: LinkRun, worker: str, refusal: Refusal) -> None:
    """End a try: again after a pause where that may help, else for good."""
    link = _mine(run, worker)
    if link is None:
        return
    now = clock.now()
    fresh = LinkRun.objects.select_for_update().get(pk=run.pk)
    fresh.error_code, fresh.error = refusal.code, f"{refusal.message}{refusal.hint}"[:500]
    again = refusal.code in WORTH_TRYING and fresh.attempt <= link.retries
    if again:
        waits = limits()["retry_seconds"]
        fresh.state, fresh.attempt = RunState.QUEUED, fresh.attempt + 1
        _release(link, now, now + timedelta(seconds=waits[min(fresh.attempt - 2, len(waits) - 1)]))
    else:
        fresh.state, fresh.ended_at = RunState.FAILED, now
        link.failures += 1
        _release(link, now)
        if refusal.code in NEEDS_A_PERSON:
            link.next_run_at = None
            link.save(update_fields=["next_run_at"])
        record(
            "link.run_failed",
            person=None,
            target=link,
            summary=f"链路“{link.name}”同步失败：{refusal.message}",
        )
        warning.consider(link, fresh.error)
    fresh.save()
    _mark_source(link.source_id, SourceState.BROKEN, refusal.message, now)


def obey(link: DataLink, run: LinkRun) -> None:
    """Pause or stop a run as a person asked; what is committed stays."""
    now = clock.now()
    run.state = RunState.PAUSED if run.wish == "PAUSE" else RunState.STOPPED
    run.ended_at = None if run.wish == "PAUSE" else now
    run.wish = ""
    run.save(update_fields=["state", "ended_at", "wish"])
    _release(link, now)
    if run.state == RunState.PAUSED:
        link.state = LinkState.PAUSED
        link.save(update_fields=["state"])


def _mine(run: LinkRun, worker: str) -> DataLink | None:
    link = DataLink.objects.select_for_update().get(pk=run.link_id)
    return link if link.lease_by == worker else None


def _release(link: DataLink, now: datetime, again_at: datetime | None = None) -> None:
    link.state, link.lease_by, link.lease_until = LinkState.IDLE, None, None
    planned = schedule.upcoming(link.cron, now)[0] if link.cron else None
    link.next_run_at = again_at or planned
    link.save(
        update_fields=["state", "lease_by", "lease_until", "next_run_at", "failures", "last_success_at"]
    )


def _mark_source(source_id: int, state: str, reason: str, now: datetime) -> None:
    DataSource.objects.filter(pk=source_id).update(state=state, state_reason=reason[:300], tested_at=now)


def _unusual(run: LinkRun, without_mark: int) -> str:
    """Whether the number of rows is far from that of earlier runs, in words."""
    if without_mark:
        return f"源表有 {without_mark} 行增量字段为空，增量同步读不到。"
    few = limits()["usual_runs"]
    earlier = LinkRun.objects.filter(
        link_id=run.link_id, state=RunState.SUCCEEDED, sync_kind=run.sync_kind, pk__lt=run.pk
    )
    reads = list(earlier.order_by("-pk").values_list("read", flat=True)[:few])
    if len(reads) < few:
        return ""
    usual = sum(reads) / len(reads)
    if usual and abs(run.read - usual) / usual > limits()["row_deviation"]:
        return f"本次读取 {run.read} 行，平常约 {usual:.0f} 行。"
    return ""
