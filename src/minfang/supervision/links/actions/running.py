"""One run of a link: page by page, each with its watermark in one transaction, counted at the end.

A run that is killed leaves its position behind the last committed page; whoever takes it over goes on there.
"""

import logging
from datetime import timedelta
from typing import Any

from django.db import transaction

from minfang.kernel.base import clock
from minfang.kernel.base.errors import Refusal
from minfang.supervision.links.actions import closing
from minfang.supervision.links.definitions import limits
from minfang.supervision.links.models import DataLink, LinkRefusal, LinkRun, LinkState, SyncKind
from minfang.supervision.links.readers import Page, Reader, reader_for
from minfang.supervision.links.troubles import told
from minfang.supervision.links.writers import Outcome, Writer, writer_for
from minfang.supervision.telemetry import latest

log = logging.getLogger(__name__)
PASSES = 2


class Lost(Exception):
    """Another worker has the link now, or a person stopped the run."""


def execute(run_id: int, worker: str) -> LinkRun:
    """Carry a leased run out to its end; the caller holds the lease ``worker``.

    Nothing escapes: an error of the source ends the run as failed, with the reason in words.
    """
    run = LinkRun.objects.select_related("link__source__office__parent").get(pk=run_id)
    try:
        _read(run, worker)
    except Lost:
        log.warning("run %s was taken from %s", run_id, worker)
    except Exception as error:  # whatever a driver throws must end the run and be told
        if not isinstance(error, Refusal):
            log.exception("run %s of link %s failed", run_id, run.link_id)
        closing.fail(run, worker, told(error))
    return LinkRun.objects.get(pk=run_id)


def _read(run: LinkRun, worker: str) -> None:
    link = run.link
    with reader_for(link, link.source) as reader:
        writer = writer_for(link, reader.columns)
        if not run.position:
            run.position = reader.prepare()
            run.expected = _times(reader.count(run.position, whole=True), writer.per_row)
            LinkRun.objects.filter(pk=run.pk).update(position=run.position, expected=run.expected)
        elif reader.from_the_start and run.position.get("rows"):
            _begin_again(run, {"rows": 0})
        begin = {key: value for key, value in run.position.items() if key in ("lower", "cap")}
        for turn in range(PASSES):
            if not _pass(run, worker, reader, writer):
                return
            source_count = _times(reader.count(run.position), writer.per_row)
            if source_count is None or source_count == run.read or turn == PASSES - 1:
                break
            _begin_again(run, {**begin, "rows": 0})
        latest.flush()
        closing.finish(run, worker, source_count, reader.without_mark())


def _pass(run: LinkRun, worker: str, reader: Reader, writer: Writer) -> bool:
    """Read to the end; False where a person paused or stopped the run."""
    return all(_take(run, worker, page, writer) for page in reader.pages(run.position))


@transaction.atomic
def _take(run: LinkRun, worker: str, page: Page, writer: Writer) -> bool:
    """One page: rows, counts, position and watermark together or not at all."""
    link = _held(run, worker)
    asked = LinkRun.objects.select_for_update().get(pk=run.pk)
    if asked.wish:
        closing.obey(link, asked)
        return False
    outcome = writer.write(page.rows, page.first, link.sync_kind == SyncKind.FULL)
    _count(run, outcome, page)
    _keep_refusals(run, outcome)
    link.lease_until = clock.now() + timedelta(seconds=limits()["lease_seconds"])
    if page.watermark:
        link.watermark = run.watermark_after = page.watermark
    link.save(update_fields=["lease_until", "watermark"])
    run.save(update_fields=[*run.counts, "position", "store_count", "watermark_after"])
    return True


def _held(run: LinkRun, worker: str) -> DataLink:
    """The locked link, while this worker has its lease."""
    link = DataLink.objects.select_for_update().get(pk=run.link_id)
    if link.lease_by != worker or link.state != LinkState.RUNNING:
        raise Lost
    return link


def _count(run: LinkRun, outcome: Outcome, page: Page) -> None:
    for name in run.counts:
        setattr(run, name, getattr(run, name) + getattr(outcome, name))
    short = outcome.due - outcome.found
    run.store_count = (run.store_count or 0) + outcome.written + outcome.duplicates - max(short, 0)
    run.position = page.position


def _keep_refusals(run: LinkRun, outcome: Outcome) -> None:
    if not outcome.refusals:
        return
    room = limits()["refusals_kept"] - LinkRefusal.objects.filter(run=run).count()
    LinkRefusal.objects.bulk_create(
        LinkRefusal(run=run, row=row.row, key=row.key, code=row.code, reason=row.reason, data=row.data)
        for row in outcome.refusals[: max(room, 0)]
    )


@transaction.atomic
def _begin_again(run: LinkRun, position: dict[str, Any]) -> None:
    """Read from the beginning once more: the source changed meanwhile, or cannot be gone on with.

    What was written before is carried in the position: it now comes again as duplicates.
    """
    run.position = {**position, "carried": run.written + int(run.position.get("carried", 0))}
    for name in run.counts:
        setattr(run, name, 0)
    run.store_count = 0
    run.refusals.all().delete()
    run.save(update_fields=[*run.counts, "store_count", "position"])


def _times(rows: int | None, values: int) -> int | None:
    return None if rows is None else rows * values
