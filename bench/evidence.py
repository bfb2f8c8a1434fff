"""The audit trail: appending with and without the database, verifying, and searching a million entries.

``MINFANG_BENCH_ENTRIES`` changes the number of entries (1 000 000).
"""

import os
import time
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from typing import Any

from bench import flow
from bench.measure import Result, median, quantile, times_of
from bench.world import World

ENTRIES = 1_000_000
CHAIN = 91
VERB_ROUNDS = 20
SHARE = 0.05
COLUMNS = (
    "chain, sequence, at, actor_id, actor_name, actor_office, role, address, port, agent, request_id, action,"
    " target, summary, before, after, reason, result, mac, previous_mac"
)


def trail(_: World) -> list[Result]:
    """All of it; the entries are made last, so that appending is measured on an ordinary trail."""
    from minfang.project import privileges

    results = [_without_database(), _with_database()]
    with privileges.as_owner():
        count = int(os.environ.get("MINFANG_BENCH_ENTRIES", ENTRIES))
        _fill(count)
        results += [_verified(), *_searched(count)]
    return results


def _without_database() -> Result:
    """Processor time to build an event and its link."""
    from minfang.kernel.audit import chain, heads
    from minfang.kernel.audit.actions import build

    linker, count = chain.linker(), 20_000
    begun, mac = time.process_time(), chain.FIRST
    for number in range(count):
        event = build("case.submit", person=None, target="case:SH1", summary="提交申请", after={"n": number})
        event.chain, event.sequence = 1, number
        mac = linker.link(mac, heads.values(event))
    each = (time.process_time() - begun) / count * 1e6
    return Result("审计：构造并接链（不含数据库）", each, "µs", 50.0, note=f"每秒 {1e6 / each:,.0f} 条")


def _with_database() -> Result:
    """What one event adds to a transaction, beside a bare INSERT of a row as large."""
    from django.db import connection, transaction

    from minfang.kernel.audit.actions import record

    def one() -> None:
        record("case.submit", person=None, target="case:SH1", summary="提交申请 某某小区", after={"n": 1})

    def inside(work: Callable[[], object], count: int) -> list[float]:
        found: list[float] = []
        for _ in range(count):
            with transaction.atomic():
                found += times_of(work, 1, warm=0)
        return found[5:]

    with connection.cursor() as cursor:
        cursor.execute("CREATE TEMP TABLE bare (id bigserial PRIMARY KEY, body text)")

        def bare() -> None:
            cursor.execute("INSERT INTO bare (body) VALUES (%s) RETURNING id", ["x" * 400])

        base = median(inside(bare, 205)) * 1000
    values = [value * 1000 for value in inside(one, 205)]
    verb = flow.measure(VERB_ROUNDS)[1]
    return Result(
        "审计：一条日志占办理一步",
        median(values),
        "ms",
        verb * SHARE,
        quantile(values),
        base,
        "裸 INSERT",
        f"p50；p50 栏为 p95；办理一步实测 {verb:.1f} ms，限 {SHARE:.0%}",
    )


def _fill(count: int) -> None:
    """A chain of its own with ``count`` genuine entries, by COPY."""
    from django.db import connection

    from minfang.kernel.audit.models import AuditChain

    if AuditChain.objects.filter(number=CHAIN).exists():
        return
    connection.ensure_connection()
    last = ""
    with connection.connection.cursor() as raw, raw.copy(f"COPY audit_event ({COLUMNS}) FROM STDIN") as out:
        for row in _entries(count):
            out.write_row(row)
            last = row[-2]
    AuditChain.objects.create(number=CHAIN, last_sequence=count, last_mac=last)
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE audit_event")


def _entries(count: int) -> Iterator[tuple[Any, ...]]:
    from minfang.kernel.audit import catalogue, chain
    from minfang.kernel.base import clock

    linker, mac, codes = chain.Linker(), chain.FIRST, sorted(catalogue.events())
    start, step = clock.now() - timedelta(days=180), timedelta(days=180) / count
    for number in range(1, count + 1):
        at, person = start + step * number, number * 7919 % 3000 + 1
        said = (
            *(f"人员{person}", "市国动办", "经办人", f"10.{person % 200}.{number % 250}.7", 50000),
            *("Mozilla/5.0 (UOS)", f"r{number:x}", codes[number * 31 % len(codes)]),
            *(
                f"case:SH{number % 40000:08d}",
                f"办理第 {number} 件 事项{number % 977}",
                "",
                '{"state":"DONE"}',
            ),
            *("", "OK" if number % 50 else "FAIL"),
        )
        link = linker.link(mac, [CHAIN, number, chain.microseconds(at), person, *said])
        yield (CHAIN, number, at, person, *said, link, mac)
        mac = link


def _verified() -> Result:
    """Seconds of the clock an entry takes in a verification of everything."""
    from minfang.kernel.audit.verification import verify

    begun = time.perf_counter()
    report = verify()
    if not report.sound:
        raise RuntimeError(f"the trail is not sound: {report.findings[0]}")
    each = (time.perf_counter() - begun) / report.entries * 1e6
    note = f"{report.entries} 条，每秒 {1e6 / each:,.0f} 条"
    return Result("审计：校验一条", each, "µs", 10.0, note=note)


def _searched(count: int) -> list[Result]:
    """First pages and a late page for each kind of condition; the slowest counts."""
    from minfang.kernel.audit.searching import Wanted, page

    today = date.today()  # noqa: DTZ011
    asked = {
        "全部": Wanted(),
        "时间": Wanted(since=today - timedelta(days=60), until=today - timedelta(days=59)),
        "姓名": Wanted(name="人员17"),
        "人员": Wanted(people=(17,)),
        "类别": Wanted(category="system"),
        "办件": Wanted(target="SH00001234"),
        "未成功": Wanted(result="FAIL"),
        "地址": Wanted(address="10.17.7.7"),
        "追踪号": Wanted(request_id="r1f4"),
        "词": Wanted(words="事项976 件"),
        "找不到的词": Wanted(words="没有这样的词"),
    }
    slowest, times = "", []
    for name, wanted in asked.items():
        took = max(times_of(lambda wanted=wanted: page(wanted), 3, warm=1)) * 1000  # type: ignore[misc]
        if took > max(times, default=0.0):
            slowest = name
        times.append(took)
    note = f"{count} 条、{len(asked)} 种条件中最慢：{slowest}"
    return [Result("审计：检索首页", max(times), "ms", 2000.0, median(times), note=note)]
