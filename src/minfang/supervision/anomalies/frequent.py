"""Works that alarm more than works of their kind, or more than they used to (handbook §9.4, feature 95)."""

from dataclasses import replace

from django.db.models import Count, Q, QuerySet

from minfang.registry.models import Works, WorksKind
from minfang.supervision.alarms.models import FALSE, REAL, Alarm
from minfang.supervision.anomalies.asking import Asked
from minfang.supervision.anomalies.definitions import criteria
from minfang.supervision.anomalies.figures import Column, Figure, Model
from minfang.supervision.anomalies.rates import ONLY, number
from minfang.supervision.anomalies.statistics import Counts, percentile


def figures(asked: Asked) -> list[Figure]:
    """Every work with alarms now or in the periods before, beside all works of its kind one may see."""
    around = replace(asked, district="", works=None)
    places = list(around.places().order_by("works_no"))
    counts = _counts(around)
    past = _past(around)
    limits = _limits(places, counts)
    wanted = set(asked.places().values_list("pk", flat=True))
    return [
        _figure(place, counts.get(place.pk, (0, 0, 0)), past.get(place.pk, 0), limits.get(place.kind))
        for place in places
        if place.pk in wanted and (place.pk in counts or place.pk in past)
    ]


def _counts(asked: Asked) -> dict[int, tuple[int, int, int]]:
    found = asked.in_period().order_by().values_list("works_id")
    grouped = found.annotate(
        all=Count("pk"),
        false=Count("pk", filter=Q(verdict__in=FALSE)),
        real=Count("pk", filter=Q(verdict__in=REAL)),
    )
    return {works: (whole, false, real) for works, whole, false, real in grouped}


def _past(asked: Asked) -> dict[int, int]:
    since = asked.period.moved(-criteria()["works"]["own_periods"]).bounds[0]
    rows = asked.alarms().filter(opened_at__gte=since, opened_at__lt=asked.period.bounds[0])
    return dict(rows.order_by().values_list("works_id").annotate(n=Count("pk")))


def _limits(places: list[Works], counts: dict[int, tuple[int, int, int]]) -> dict[str, float]:
    """The percentile of each kind with enough works; works without alarms count as none."""
    rule, kinds = criteria()["works"], dict[str, list[int]]()
    for place in places:
        kinds.setdefault(place.kind, []).append(counts.get(place.pk, (0, 0, 0))[0])
    return {
        kind: percentile(numbers, rule["percentile"])
        for kind, numbers in kinds.items()
        if len(numbers) >= rule["least_works"]
    }


def _figure(place: Works, found: tuple[int, int, int], before: int, limit: float | None) -> Figure:
    rule = criteria()["works"]
    whole, judged = found[0], Counts(found[1], found[2])
    own = before / rule["own_periods"]
    reasons = []
    if limit is not None and whole > limit:
        reasons.append(f"超过同类工程 P{rule['percentile'] * 100:.0f}（{limit:.1f} 条）")
    if own and whole > own * rule["own_ratio"]:
        reasons.append(f"超过自身近 {rule['own_periods']} 期均值 {own:.1f} 条的 {rule['own_ratio']:g} 倍")
    small = whole < rule["least_alarms"]
    return Figure(
        key=str(place.pk),
        label=place.name,
        sub=place.works_no,
        group=WorksKind(place.kind).label,
        cells={
            "alarms": whole,
            "peers": limit,
            "own": own,
            "false": judged.false,
            "judged": judged.judged,
            "share": judged.raw,
        },
        behind=whole,
        bar=float(whole),
        limit=limit,
        flagged=bool(reasons) and not small,
        small=small,
        reason=f"样本不足：少于 {rule['least_alarms']} 条" if small else "；".join(reasons),
    )


def rows(asked: Asked, key: str, only: str) -> QuerySet[Alarm]:
    """The alarms of a work in the period; the judged or false ones where asked."""
    found = asked.in_period().filter(works_id=number(key) or 0)
    if only == "judged":
        return found.filter(verdict__in=(*FALSE, *REAL))
    return found.filter(verdict__in=ONLY[only]) if only in ONLY else found


def columns(asked: Asked) -> list[Column]:
    """Its columns."""
    return [
        Column("alarms", "预警数", "count", "all"),
        Column("peers", f"同类 P{criteria()['works']['percentile'] * 100:.0f}", "number"),
        Column("own", f"自身近 {criteria()['works']['own_periods']} 期均值", "number"),
        Column("false", "误报", "count", "false"),
        Column("judged", "已判定", "count", "judged"),
        Column("share", "误报率", "percent"),
    ]


def how() -> list[str]:
    """The criteria in words."""
    rule = criteria()["works"]
    return [
        f"期间内预警数超过同类工程的 P{rule['percentile'] * 100:.0f}，"
        f"或超过自身近 {rule['own_periods']} 期均值的 {rule['own_ratio']:g} 倍，标为异常。",
        f"同类指工程类别相同且在您管辖范围内的工程，没有预警的计 0；不足 {rule['least_works']} 处不比较。",
        f"期间内不足 {rule['least_alarms']} 条的标“样本不足”。误报率 = 误报 ÷（误报 + 属实），供对照。",
    ]


FREQUENT = Model(
    "works", "工程频繁报警", "预警数", columns, how, figures, rows, spans=("month", "quarter", "year")
)
