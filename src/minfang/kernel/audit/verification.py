"""Walk the chains and name the first entry of each that was altered, removed, inserted or moved (B.25)."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db import connection, transaction

from minfang.kernel.audit import archives, daily
from minfang.kernel.audit.chain import CARRIED_OVER, COVERED, FIRST, Linker, microseconds
from minfang.kernel.audit.models import AuditChain, AuditEvent
from minfang.kernel.audit.suspicion import ALTERED, HEAD, INSERTED, LABELS, MISSING, Entry, explain

BATCH = 4000
COVERS = len(COVERED)
Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class Finding:
    """What is wrong first in one chain. ``sequence`` 0 where it is not about one entry."""

    chain: int
    sequence: int
    kind: str
    message: str

    def __str__(self) -> str:
        return f"{self.chain} 号链 第 {self.sequence} 条 {LABELS[self.kind]}：{self.message}"


@dataclass
class Report:
    """What a verification found."""

    entries: int = 0
    chains: int = 0
    findings: list[Finding] = field(default_factory=list)

    @property
    def sound(self) -> bool:
        """Whether nothing is wrong."""
        return not self.findings


@dataclass
class _Walk:
    """How far one chain has been walked."""

    chain: int
    expected: int
    previous: str
    broken: bool = False


def total(since: datetime | None = None, until: datetime | None = None) -> int:
    """How many entries a verification of this span walks over."""
    return _within(since, until).count()


def _within(since: datetime | None, until: datetime | None) -> Any:
    rows = AuditEvent.objects.order_by()
    if since:
        rows = rows.filter(at__gte=since)
    return rows.filter(at__lt=until) if until else rows


def verify(
    since: datetime | None = None, until: datetime | None = None, *, progress: Progress | None = None
) -> Report:
    """Check every link, the ends of the chains, and the signed daily heads.

    With ``since`` or ``until`` only the entries of that span are walked, each chain beginning with the link
    its first entry names. ``progress`` is called with the entries done and the last sum of them.
    """
    report = Report()
    with transaction.atomic():
        ends = {row.number: row for row in AuditChain.objects.all()}
        marks = daily.marks(report_to=_adder(report))
        found = _walk_all(report, since, until, marks, progress)
        if until is None:
            _check_ends(report, ends, found)
        if since is None and until is None:
            _check_marks(report, marks, found)
    report.chains = len(found)
    report.findings.sort(key=lambda finding: (finding.chain, finding.sequence))
    return report


def _adder(report: Report) -> Callable[[int, int, str], None]:
    def add(chain: int, sequence: int, message: str) -> None:
        report.findings.append(Finding(chain, sequence, HEAD, message))

    return add


def _walk_all(
    report: Report,
    since: datetime | None,
    until: datetime | None,
    marks: dict[tuple[int, int], daily.Mark],
    progress: Progress | None,
) -> dict[int, _Walk]:
    linker, walks = Linker(), {}
    walk: _Walk | None = None
    starts = archives.starts()
    for batch in _batches(_bounds(since, until)):
        for row in batch:
            if walk is None or walk.chain != row[0]:
                walk = walks[row[0]] = _begin(row, starts, partial=since is not None)
            if walk.broken:
                continue
            if row[1] != walk.expected or linker.link(walk.previous, row[:COVERS]) != row[COVERS]:
                walk.broken = True
                report.findings.append(_suspect(linker, walk, row))
                continue
            if row[COVERS + 1] != walk.previous:
                walk.broken = True
                report.findings.append(Finding(row[0], row[1], ALTERED, "所记前一条的校验码被改动"))
                continue
            if (row[0], row[1]) in marks:
                marks[row[0], row[1]].seen = row[COVERS]
            walk.previous, walk.expected = row[COVERS], row[1] + 1
        report.entries += len(batch)
        if progress:
            progress(report.entries, report.entries)
    return walks


def _begin(row: tuple[Any, ...], starts: dict[int, tuple[int, str]], *, partial: bool) -> _Walk:
    if partial:
        return _Walk(row[0], row[1], row[COVERS + 1])
    sequence, mac = starts.get(row[0], (0, FIRST))
    return _Walk(row[0], sequence + 1, mac)


def _suspect(linker: Linker, walk: _Walk, row: tuple[Any, ...]) -> Finding:
    kind, sequence, message = explain(linker, walk.chain, walk.expected, walk.previous, _entry(row), _look_up)
    return Finding(walk.chain, sequence, kind, message)


def _entry(row: tuple[Any, ...]) -> Entry:
    return Entry(list(row[:COVERS]), row[COVERS], row[COVERS + 1])


def _look_up(chain: int, sequence: int) -> Entry | None:
    with connection.cursor() as cursor:
        # nosemgrep: sql-from-pieces
        cursor.execute(f"{_select()} WHERE chain = %s AND sequence = %s", [chain, sequence])
        row = cursor.fetchone()
    return _entry(_plain(row)) if row else None


def _select() -> str:
    exact = "(extract(epoch from at) * 1000000)::bigint" if connection.vendor == "postgresql" else "at"
    special = {
        "at": exact,
        "actor_id": "coalesce(actor_id, 0)",
        "before": "coalesce(before, '')",
        "after": "coalesce(after, '')",
    }
    columns = [special.get(name, name) for name in COVERED]
    return f"SELECT {', '.join(columns)}, mac, previous_mac FROM audit_event"  # noqa: S608


def _plain(row: tuple[Any, ...]) -> tuple[Any, ...]:
    if isinstance(row[2], datetime):
        return (*row[:2], microseconds(row[2]), *row[3:])
    return row


def _bounds(since: datetime | None, until: datetime | None) -> list[tuple[int, int, int]]:
    """Chain, first and last sequence of what is to be walked; a gap inside the span stays inside."""
    from django.db.models import Max, Min

    rows = _within(since, until).values_list("chain")
    return sorted(rows.annotate(first=Min("sequence"), last=Max("sequence")))


def _batches(bounds: list[tuple[int, int, int]]) -> Iterator[list[tuple[Any, ...]]]:
    for chain, first, last in bounds:
        statement = f"{_select()} WHERE chain = %s AND sequence BETWEEN %s AND %s ORDER BY sequence"
        with connection.chunked_cursor() as cursor:
            cursor.execute(statement, [chain, first, last])
            while rows := cursor.fetchmany(BATCH):
                yield rows if connection.vendor == "postgresql" else [_plain(row) for row in rows]


def _check_ends(report: Report, ends: dict[int, AuditChain], walks: dict[int, _Walk]) -> None:
    """The last entry is the one its chain's end names; what is newer than the end was inserted."""
    later = {row.number: row for row in AuditChain.objects.all()}
    starts = archives.starts()
    for number in sorted({*ends, *walks}):
        walk, end = walks.get(number), ends.get(number)
        if walk is not None and walk.broken:
            continue
        last, mac = (walk.expected - 1, walk.previous) if walk else starts.get(number, (0, FIRST))
        if end is None:
            report.findings.append(Finding(number, last, HEAD, "该链的链尾记录不见了"))
        elif last < end.last_sequence:
            text = f"链尾应有第 {last + 1} 至 {end.last_sequence} 条，现已缺失"
            report.findings.append(Finding(number, last + 1, MISSING, text))
        elif last == end.last_sequence and mac != end.last_mac:
            report.findings.append(Finding(number, last, HEAD, "链尾记录的校验码与末条不符"))
        elif number in later and last > later[number].last_sequence:
            text = "该条在链尾记录之后，不是经审计程序写入"
            report.findings.append(Finding(number, later[number].last_sequence + 1, INSERTED, text))


def _check_marks(report: Report, marks: dict[tuple[int, int], daily.Mark], walks: dict[int, _Walk]) -> None:
    """What a signed daily head names is still there, with the same link."""
    broken = {finding.chain for finding in report.findings}
    starts = archives.starts()
    for (chain, sequence), mark in sorted(marks.items()):
        if chain in broken or sequence <= starts.get(chain, (0, ""))[0]:
            continue
        if not mark.seen:
            last = walks[chain].expected - 1 if chain in walks else 0
            text = f"{mark.day} 的签名链头记有第 {sequence} 条，现只到第 {last} 条，链尾被截去"
            report.findings.append(Finding(chain, last + 1, MISSING, text))
            broken.add(chain)
        elif mark.seen != mark.mac:
            text = f"与 {mark.day} 的签名链头不符"
            report.findings.append(Finding(chain, sequence, ALTERED, text))
            broken.add(chain)


__all__ = ["CARRIED_OVER", "Finding", "Report", "total", "verify"]
