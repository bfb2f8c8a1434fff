"""Messages drained a second: the worker process against the real sandbox, from first claim to last record."""

import json
import os
import signal
import subprocess
import sys
import time
from typing import Any

from bench.measure import Result
from bench.world import World

CASES, STEPS = 125, 16
TARGET = 500.0
LONGEST_SECONDS = 60


def drain(world: World) -> list[Result]:
    """Steps of many cases for the case repository, each encrypted, checked and kept on the other side.

    The target is the time for a thousand, so that less is better as everywhere: 2 s are 500 a second.
    """
    cases = _cases()
    _numbers(world, cases)
    _write(cases)
    seconds = _worked_off(world)
    count = CASES * STEPS
    rate = count / seconds
    note = f"{rate:.0f} 条/秒，{count} 条，{CASES} 件，沙箱同机"
    return [Result("推送 1000 条", 1000 / rate, "s", 1000 / TARGET, None, _bare(world), "逐条直接调用", note)]


def _cases() -> list[Any]:
    from tests.services.connectors import facts

    return [facts.case(90_000 + number) for number in range(CASES)]


def _numbers(world: World, cases: list[Any]) -> None:
    """Every case has its number and its basic information before the clock starts."""
    from django.conf import settings

    from minfang.kernel.exchange.models import OutboxMessage
    from minfang.services.connectors import apply_no, case_repository

    settings.SANDBOX_URL = world.sandbox
    OutboxMessage.objects.exclude(state="DONE").update(state="CANCELLED")
    for case in cases:
        apply_no.ask(
            case.subject,
            internal_no=case.internal_no,
            item_code=case.item.item_code,
            item_name=case.item.name,
            region="SH00MH",
            applicant=case.applicant.name,
        )
        case_repository.push_base_info(case)
    _without_callbacks()


def _without_callbacks() -> None:
    """Deliver what was written so far here; the cases exist on the platform only, not in the product."""
    from minfang.kernel.exchange import connectors
    from minfang.kernel.exchange.actions import drain as deliver

    book = dict(connectors._delivered)
    connectors._delivered.clear()
    try:
        deliver(CASES * 4)
    finally:
        connectors._delivered.update(book)


def _write(cases: list[Any]) -> None:
    from django.db import connection, transaction
    from tests.services.connectors import facts

    from minfang.services.connectors import case_repository

    with transaction.atomic():
        for case in cases:
            for hour in range(1, STEPS + 1):
                node = "N10_RECEIVE" if hour == 1 else "N30_REVIEW"
                step = facts.step(node, "DONE" if hour == 1 else "PASS", hour)
                case_repository.push_step(case, step, f"{hour}")
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE exchange_outbox")


def _open() -> int:
    from minfang.kernel.exchange.models import OutboxMessage

    return OutboxMessage.objects.exclude(state__in=["DONE", "CANCELLED"]).count()


def _worked_off(world: World) -> float:
    """Seconds from the first to the last delivery as the worker recorded them."""
    from django.conf import settings
    from django.db.models import Max, Min

    from minfang.kernel.exchange import connectors
    from minfang.kernel.exchange.models import DeliveryAttempt, OutboxMessage

    last = DeliveryAttempt.objects.aggregate(last=Max("id"))["last"] or 0
    calm = {
        "MINFANG_DEMO": "0",
        "MINFANG_UNSIGNED_ALLOWED": "1",
        "MINFANG_CRYPTO_LOCAL_ALLOWED": "1",
        "MINFANG_OUTSIDE_URLS": json.dumps(dict.fromkeys(connectors.codes(), world.sandbox)),
        "MINFANG_OUTSIDE_TOKEN": settings.OUTSIDE_TOKEN,
    }
    environment = {**os.environ, **calm}
    worker = subprocess.Popen([sys.executable, "-m", "minfang.project.cli", "worker"], env=environment)
    try:
        end = time.monotonic() + LONGEST_SECONDS
        while _open() and time.monotonic() < end:
            time.sleep(0.2)
    finally:
        worker.send_signal(signal.SIGTERM)
        worker.wait(20)
    if _open():
        raise RuntimeError(f"{_open()} messages were not delivered in time")
    began = DeliveryAttempt.objects.filter(id__gt=last).aggregate(first=Min("started_at"))["first"]
    ended = OutboxMessage.objects.aggregate(last=Max("done_at"))["last"]
    return float((ended - began).total_seconds())


def _bare(world: World) -> float:
    """Seconds for a thousand calls one after the other, already encrypted, with nothing written down."""
    from minfang.services.connectors import case_repository
    from minfang.services.connectors.outside import call

    sealed = case_repository._sealed({"projid": "0" * 20})
    begun = time.perf_counter()
    for number in range(100):
        try:
            call("case_repository", "/case-repository/stepProc", body={"data": sealed}, key=f"bare-{number}")
        except Exception:
            continue
    return (time.perf_counter() - begun) * 10
