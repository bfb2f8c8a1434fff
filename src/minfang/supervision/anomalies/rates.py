"""False alarms by maker and type, by batch, and by who built or installed (handbook §9.4)."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from django.db.models import Count, Q, QuerySet
from django.db.models.functions import TruncMonth

from minfang.kernel.base import clock
from minfang.supervision.alarms.models import FALSE, REAL, Alarm
from minfang.supervision.anomalies.asking import Asked, Period, period_of
from minfang.supervision.anomalies.definitions import criteria
from minfang.supervision.anomalies.figures import Bucket, Column, Figure, Model
from minfang.supervision.anomalies.statistics import Counts, Judged, judge
from minfang.supervision.anomalies.wording import percent, prior_words, rule_words, sensor_name

ALL = "*"
ONLY = {"false": FALSE, "real": REAL}
SPANS = ("month", "quarter", "year")


@dataclass(frozen=True)
class Group:
    """Alarms of one origin: ``key``, what it is called, what it is compared among."""

    key: str
    label: str
    sub: str
    peers: str
    heading: str


Grouping = Callable[[dict[str, Any]], list[Group]]


def judged(rows: QuerySet[Alarm], only: str = "") -> QuerySet[Alarm]:
    """Alarms judged real or false; duplicates and tests are neither."""
    return rows.filter(verdict__in=ONLY.get(only, (*FALSE, *REAL)))


def counted(asked: Asked, fields: Iterable[str]) -> list[tuple[dict[str, Any], Period, Counts]]:
    """Judged alarms by these fields and by period, that asked for and those before it, in one statement."""
    first = asked.period.moved(1 - criteria()["pages"]["trend_periods"]).bounds[0]
    rows = judged(asked.alarms()).filter(opened_at__gte=first, opened_at__lt=asked.period.bounds[1])
    rows = rows.exclude(device=None).order_by()
    month = TruncMonth("opened_at", tzinfo=clock.SHANGHAI)
    grouped = rows.annotate(in_month=month).values("in_month", *fields)
    found = grouped.annotate(
        false=Count("pk", filter=Q(verdict__in=FALSE)), real=Count("pk", filter=Q(verdict__in=REAL))
    )
    return [
        (row, period_of(asked.period.span, row["in_month"].date()), Counts(row["false"], row["real"]))
        for row in found
    ]


def figures(asked: Asked, name: str, fields: Iterable[str], grouping: Grouping) -> list[Figure]:
    """Every group with its rates, beside its peers, and with its past periods."""
    known: dict[str, Group] = {}
    table: dict[str, dict[Period, Counts]] = {}
    for row, period, counts in counted(asked, fields):
        for group in grouping(row):
            known[group.key] = group
            past = table.setdefault(group.key, {})
            past[period] = past.get(period, Counts()).plus(counts)
    now = {key: past.get(asked.period, Counts()) for key, past in table.items()}
    peers = {key: group.peers for key, group in known.items()}
    found = judge(now, peers, criteria()[name], criteria()["smoothing"])
    return [_figure(asked, known[key], now[key], found[key], table[key], name) for key in known]


def _figure(
    asked: Asked, group: Group, counts: Counts, seen: Judged, past: dict[Period, Counts], name: str
) -> Figure:
    prior = criteria()["smoothing"]
    ratio = seen.rate / seen.mean if seen.mean else None
    return Figure(
        key=group.key,
        label=group.label,
        sub=group.sub,
        group=group.heading,
        cells={
            "judged": counts.judged,
            "false": counts.false,
            "real": counts.real,
            "raw": counts.raw,
            "smoothed": counts.smoothed(prior["alpha"], prior["beta"]),
            "mean": seen.mean,
            "ratio": ratio,
        },
        behind=counts.judged,
        bar=seen.rate if counts.judged else None,
        limit=seen.limit,
        flagged=seen.flagged,
        small=seen.small,
        reason=_reason(seen, counts, criteria()[name]),
        trend=tuple(_past(asked.period, past)),
    )


def _past(period: Period, past: dict[Period, Counts]) -> Iterable[Bucket]:
    for back in range(criteria()["pages"]["trend_periods"] - 1, -1, -1):
        then = period.moved(-back)
        counts = past.get(then, Counts())
        yield Bucket(then.label, counts.false, counts.judged)


def _reason(seen: Judged, counts: Counts, rule: dict[str, Any]) -> str:
    if seen.small:
        return f"样本不足：已判定 {counts.judged} 条，少于 {rule['sample']} 条"
    if not seen.flagged or seen.limit is None:
        return ""
    return f"误报率 {percent(seen.rate)}，超过判据 {percent(seen.limit)}"


def columns(asked: Asked) -> list[Column]:
    """The columns of all models of rates."""
    return [
        Column("judged", "已判定", "count", "all"),
        Column("false", "误报", "count", "false"),
        Column("real", "属实", "count", "real"),
        Column("raw", "原始误报率", "percent"),
        Column("smoothed", "平滑误报率", "percent"),
        Column("mean", "可比均值", "percent"),
        Column("ratio", "与均值之比", "number"),
    ]


def _makers(by: str) -> Grouping:
    def groups(row: dict[str, Any]) -> list[Group]:
        maker, kind = row["device__maker_id"] or 0, row["device__sensor_type"]
        name, sensor = row["device__maker__name"] or "厂家未登记", sensor_name(kind)
        if by == "maker":
            whole = Group(f"{maker}.{ALL}", "全部类型", "", ALL, name)
            return [whole, Group(f"{maker}.{kind}", sensor, kind, kind, name)]
        return [Group(f"{maker}.{kind}", name, "", kind, sensor)]

    return groups


def makers(asked: Asked) -> list[Figure]:
    """Makers of one type beside each other, or the types of one maker (feature 93)."""
    fields = ("device__maker_id", "device__maker__name", "device__sensor_type")
    return figures(asked, "makers", fields, _makers(asked.by))


def maker_rows(asked: Asked, key: str, only: str) -> QuerySet[Alarm]:
    """The judged alarms of a maker and type."""
    maker, _, kind = key.partition(".")
    rows = judged(asked.in_period(), only).filter(device__maker_id=number(maker)).exclude(device=None)
    return rows if kind == ALL else rows.filter(device__sensor_type=kind)


def batches(asked: Asked) -> list[Figure]:
    """Production batches in a month, quarter or year (feature 94)."""
    fields = ("device__batch_id", "device__batch__batch_no", "device__batch__maker__name")

    def groups(row: dict[str, Any]) -> list[Group]:
        if row["device__batch_id"] is None:
            return []
        name, maker = row["device__batch__batch_no"], row["device__batch__maker__name"]
        return [Group(str(row["device__batch_id"]), name, maker, ALL, "")]

    return figures(asked, "batches", fields, groups)


def batch_rows(asked: Asked, key: str, only: str) -> QuerySet[Alarm]:
    """The judged alarms of a batch."""
    return judged(asked.in_period(), only).filter(device__batch_id=number(key) or 0)


BUILDERS = {"contractor": "works__contractor", "installer": "device__installer"}


def builders(asked: Asked) -> list[Figure]:
    """Who built the works, or installed the devices (feature 96)."""
    field = BUILDERS.get(asked.by, BUILDERS["contractor"])

    def groups(row: dict[str, Any]) -> list[Group]:
        unknown = "安装单位未登记" if asked.by == "installer" else "承建单位未登记"
        return [Group(str(row[f"{field}_id"] or 0), row[f"{field}__name"] or unknown, "", ALL, "")]

    return figures(asked, "builders", (f"{field}_id", f"{field}__name"), groups)


def builder_rows(asked: Asked, key: str, only: str) -> QuerySet[Alarm]:
    """The judged alarms of works a company built, or of devices it installed."""
    field = BUILDERS.get(asked.by, BUILDERS["contractor"])
    rows = judged(asked.in_period(), only).exclude(device=None)
    return rows.filter(**{f"{field}_id": number(key)})


def number(text: str) -> int | None:
    """The id of a key; 0 and what is no number stand for none."""
    return int(text) or None if text.isdecimal() and len(text) < 10 else None


MAKERS = Model(
    code="makers",
    title="同厂家误报",
    bar="平滑误报率",
    columns=columns,
    how=lambda: [*rule_words("makers", "同一类型的各厂家"), prior_words()],
    figures=makers,
    rows=maker_rows,
    spans=SPANS,
    span="year",
    ways=(("type", "按类型比厂家"), ("maker", "按厂家比类型")),
)
BATCHES = Model(
    code="batches",
    title="同批次误报",
    bar="原始误报率",
    columns=columns,
    how=lambda: [*rule_words("batches", "各批次"), prior_words()],
    figures=batches,
    rows=batch_rows,
    spans=SPANS,
    span="year",
)
BUILDERS_MODEL = Model(
    code="builders",
    title="承建与安装单位",
    bar="平滑误报率",
    columns=columns,
    how=lambda: [*rule_words("builders", "各单位"), prior_words()],
    figures=builders,
    rows=builder_rows,
    spans=SPANS,
    span="year",
    ways=(("contractor", "承建单位"), ("installer", "安装单位")),
)
