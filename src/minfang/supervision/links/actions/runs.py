"""What people do with runs: start, pause, go on, stop, try again."""

from django.db import transaction

from minfang.kernel.audit.actions import record
from minfang.kernel.base import clock
from minfang.kernel.base.errors import Refusal, not_found
from minfang.kernel.iam.access import Access
from minfang.supervision.links.actions.closing import obey
from minfang.supervision.links.actions.links import locked
from minfang.supervision.links.models import (
    UNFINISHED,
    DataLink,
    LinkRun,
    LinkState,
    RunState,
    Trigger,
)

MANAGE = "link.manage"
AGAIN = (RunState.FAILED, RunState.STOPPED, RunState.MISMATCH)


@transaction.atomic
def start(access: Access, link_id: int) -> LinkRun:
    """Let a link run as soon as a worker is free."""
    link = locked(access, link_id)
    _ready(link)
    run = LinkRun.objects.create(
        link=link,
        trigger=Trigger.MANUAL,
        sync_kind=link.sync_kind,
        requested_by=access.person,
        queued_at=clock.now(),
    )
    _queue(link, access, f"启动链路“{link.name}”的同步")
    return run


@transaction.atomic
def retry(access: Access, run_id: int) -> LinkRun:
    """Go on with a run that failed or was stopped, where it came to; one that did not tally begins anew."""
    run, link = _both(access, run_id)
    if run.state not in AGAIN:
        raise Refusal("NOT_NOW", "该任务不需要重试。", "请刷新后查看最新状态。", status=409)
    _ready(link)
    if run.state == RunState.MISMATCH or link.runs.filter(pk__gt=run.pk).exists():
        run = LinkRun(link=link, sync_kind=link.sync_kind, queued_at=clock.now())
    run.state, run.trigger, run.requested_by = RunState.QUEUED, Trigger.RETRY, access.person
    run.attempt, run.ended_at, run.wish, run.error_code, run.error = 1, None, "", "", ""
    run.save()
    _queue(link, access, f"重试链路“{link.name}”的同步")
    return run


@transaction.atomic
def resume(access: Access, run_id: int) -> LinkRun:
    """Go on with a paused run."""
    run, link = _both(access, run_id)
    if run.state != RunState.PAUSED:
        raise Refusal("NOT_NOW", "该任务没有暂停。", "请刷新后查看最新状态。", status=409)
    run.state = RunState.QUEUED
    run.save(update_fields=["state"])
    link.state = LinkState.IDLE
    _queue(link, access, f"继续链路“{link.name}”的同步")
    return run


@transaction.atomic
def ask(access: Access, run_id: int, wish: str) -> LinkRun:
    """Pause or stop a run after the page in hand; one that waits ends at once."""
    run, link = _both(access, run_id)
    if run.state not in UNFINISHED or (wish == "PAUSE" and run.state == RunState.PAUSED):
        raise Refusal("NOT_NOW", "该任务已经结束或已暂停。", "请刷新后查看最新状态。", status=409)
    run.wish = wish
    if run.state == RunState.RUNNING:
        run.save(update_fields=["wish"])
    else:
        obey(link, run)
    words = "暂停" if wish == "PAUSE" else "停止"
    record("link.run_asked", person=access.person, target=link, summary=f"{words}链路“{link.name}”的同步")
    return run


def _both(access: Access, run_id: int) -> tuple[LinkRun, DataLink]:
    found = LinkRun.objects.filter(pk=run_id).values_list("link_id", flat=True).first()
    if found is None:
        raise not_found("该任务")
    link = locked(access, found)
    return LinkRun.objects.select_for_update().get(pk=run_id), link


def _ready(link: DataLink) -> None:
    if link.runs.filter(state__in=UNFINISHED).exists():
        raise Refusal("RUNNING", "该链路已有未结束的同步任务。", "请等待其结束，或先停止。", status=409)
    if not link.enabled or not link.source.enabled:
        raise Refusal("DISABLED", "该链路或其数据源已停用。", "请先启用。", status=409)


def _queue(link: DataLink, access: Access, summary: str) -> None:
    link.next_run_at = clock.now()
    link.save(update_fields=["next_run_at", "state"])
    record("link.run_asked", person=access.person, target=link, summary=summary)
