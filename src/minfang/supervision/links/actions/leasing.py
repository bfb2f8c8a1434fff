"""Who runs a link: one lease at a time, given by an update only one can win."""

from datetime import datetime, timedelta

from django.db import transaction

from minfang.kernel.base import clock
from minfang.supervision.links import schedule
from minfang.supervision.links.actions import warning
from minfang.supervision.links.definitions import limits
from minfang.supervision.links.models import UNFINISHED, DataLink, LinkRun, LinkState, RunState, Trigger


@transaction.atomic
def lease(link_id: int, worker: str) -> LinkRun | None:
    """The run to carry out, or None where the link is not due or another worker was faster."""
    now = clock.now()
    until = now + timedelta(seconds=limits()["lease_seconds"])
    won = DataLink.objects.filter(
        pk=link_id, state=LinkState.IDLE, enabled=True, source__enabled=True, next_run_at__lte=now
    ).update(state=LinkState.RUNNING, lease_by=worker, lease_until=until)
    if not won:
        return None
    link = DataLink.objects.get(pk=link_id)
    run = LinkRun.objects.select_for_update().filter(link=link, state__in=UNFINISHED).first()
    if run is None:
        run = LinkRun(link=link, trigger=Trigger.SCHEDULE, queued_at=now)
    if not run.position:
        run.sync_kind, run.watermark_before = link.sync_kind, link.watermark
    run.state, run.started_at, run.wish = RunState.RUNNING, run.started_at or now, ""
    run.save()
    return run


@transaction.atomic
def take_back_lost() -> int:
    """Give back links whose worker showed no life; their runs go on where the last page was committed."""
    now = clock.now()
    lost = DataLink.objects.select_for_update().filter(state=LinkState.RUNNING, lease_until__lt=now)
    numbers = list(lost.values_list("pk", flat=True))
    LinkRun.objects.filter(link__in=numbers, state=RunState.RUNNING).update(state=RunState.QUEUED)
    return DataLink.objects.filter(pk__in=numbers).update(
        state=LinkState.IDLE, lease_by=None, lease_until=None, next_run_at=now
    )


@transaction.atomic
def warn_of_late() -> int:
    """Tell of links whose last success is too long ago."""
    now, told = clock.now(), 0
    for link in DataLink.objects.select_for_update(of=("self",)).filter(enabled=True, source__enabled=True):
        late = schedule.late_by(link, now)
        if late is not None:
            told += warning.consider(link, f"已晚 {minutes(late)}，超过允许的延迟。")
    return told


def minutes(span: timedelta) -> str:
    """A span in words: 3 分钟, 2 小时 5 分钟."""
    whole = max(int(span.total_seconds() // 60), 1)
    hours, rest = divmod(whole, 60)
    return f"{hours} 小时 {rest} 分钟" if hours else f"{rest} 分钟"


@transaction.atomic
def forget_runs(before: datetime) -> int:
    """Remove ended runs older than that."""
    return LinkRun.objects.filter(ended_at__lt=before).delete()[0]
