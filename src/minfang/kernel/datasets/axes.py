"""A dimension as a query uses it: its SQL, how its values are keyed, named, listed and filtered."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from django.db.models import F, Q
from django.db.models.expressions import Combinable
from django.db.models.functions import TruncDay, TruncMonth, TruncQuarter, TruncYear

from minfang.kernel.base import clock
from minfang.kernel.base.errors import Refusal
from minfang.kernel.datasets.model import Dataset, Dimension, TimeDimension, unknown
from minfang.kernel.iam.access import Access

MISSING = ""
BUCKETS = {"day": TruncDay, "month": TruncMonth, "quarter": TruncQuarter, "year": TruncYear}
BUCKET_TITLES = {"day": "日", "month": "月", "quarter": "季度", "year": "年"}
SHAPES = {
    "day": re.compile(r"(\d{4})-(\d{2})-(\d{2})"),
    "month": re.compile(r"(\d{4})-(\d{2})"),
    "quarter": re.compile(r"(\d{4})-Q([1-4])"),
    "year": re.compile(r"(\d{4})"),
}


@dataclass(frozen=True)
class Axis:
    """One dimension of one query; keys are texts, the empty text stands for "no value"."""

    code: str
    title: str
    expression: Combinable
    key: Callable[[Any], str]
    names: Mapping[str, str] | Callable[[str], str]
    missing: str
    order: Sequence[str] = ()
    domain: Sequence[str] | None = None
    spans: Callable[[str], Q] | None = None

    def label(self, key: str) -> str:
        """The words of a key."""
        if key == MISSING:
            return self.missing
        return self.names(key) if callable(self.names) else self.names.get(key, key)

    def place(self, key: str) -> tuple[bool, int, str]:
        """Where a key is listed: declared ones first in their order, what has no value last."""
        known = key in self.order
        return key == MISSING, self.order.index(key) if known else len(self.order), key


def axis_of(dataset: Dataset, name: str, access: Access | None = None) -> Axis:
    """The axis of a dimension name such as ``district`` or ``submitted.month``."""
    code, _, bucket = name.partition(".")
    dimension = dataset.dimension(code)
    if isinstance(dimension, TimeDimension):
        return _time_axis(dataset, name, dimension, bucket or "month")
    if bucket:
        raise unknown(dataset, "维度", name, dataset.dimensions)
    return _plain_axis(name, dimension, access)


def _plain_axis(name: str, dimension: Dimension, access: Access | None) -> Axis:
    declared = dimension.expression
    expression = F(declared) if isinstance(declared, str) else declared
    domain = dimension.domain(access) if dimension.domain and access else None
    return Axis(
        code=name,
        title=dimension.title,
        expression=expression() if callable(expression) else expression,
        key=lambda value: MISSING if value is None else str(value),
        names=dimension.label_map(),
        missing=dimension.missing,
        order=dimension.order or domain or (),
        domain=domain,
    )


def _time_axis(dataset: Dataset, name: str, dimension: TimeDimension, bucket: str) -> Axis:
    if bucket not in BUCKETS:
        known = {f"{name.partition('.')[0]}.{one}": dimension for one in BUCKETS}
        raise unknown(dataset, "时间粒度", name, known)
    zone = None if dimension.is_date else clock.SHANGHAI
    return Axis(
        code=name,
        title=f"{dimension.title}（{BUCKET_TITLES[bucket]}）",
        expression=BUCKETS[bucket](dimension.column, tzinfo=zone),
        key=lambda value: _bucket_key(value, bucket),
        names=lambda key: _bucket_label(key, bucket),
        missing=dimension.missing,
        spans=lambda key: _bucket_span(dimension, key, bucket),
    )


def _bucket_key(value: date | datetime | None, bucket: str) -> str:
    if value is None:
        return MISSING
    day = clock.day_of(value) if isinstance(value, datetime) else value
    return {
        "day": day.isoformat(),
        "month": f"{day:%Y-%m}",
        "quarter": f"{day.year:04d}-Q{(day.month + 2) // 3}",
        "year": f"{day.year:04d}",
    }[bucket]


def _bucket_label(key: str, bucket: str) -> str:
    parts = key.replace("Q", "").split("-")
    if bucket == "quarter":
        return f"{parts[0]} 年第{'一二三四'[int(parts[1]) - 1]}季度"
    return "".join(f"{int(part)} {unit} " for part, unit in zip(parts, "年月日", strict=False)).strip()


def _bucket_span(dimension: TimeDimension, key: str, bucket: str) -> Q:
    if key == MISSING:
        return Q(**{f"{dimension.column}__isnull": True})
    match = SHAPES[bucket].fullmatch(key)
    if match is None:
        raise bad_time(key)
    try:
        numbers = [int(part) for part in match.groups()]
        if bucket == "quarter":
            numbers[1] = numbers[1] * 3 - 2
        first = date(*[*numbers, 1, 1][:3])
        reach = {"day": 1, "month": 31, "quarter": 92, "year": 366}[bucket]
        after = first + timedelta(days=reach)
        if bucket != "day":
            after = after.replace(day=1, month=1) if bucket == "year" else after.replace(day=1)
    except (ValueError, OverflowError) as error:
        raise bad_time(key) from error
    return between(dimension, first, after - timedelta(days=1))


def bad_time(text: str) -> Refusal:
    """A period that cannot be read."""
    return Refusal(
        "BAD_PERIOD",
        f"时间“{text[:20]}”无法识别。",
        "请写成 2026、2026-Q1、2026-03 或 2026-03-15。",
        status=422,
    )


def between(dimension: TimeDimension, since: date | None, until: date | None) -> Q:
    """Rows whose instant lies from the first to the last day, both whole days in Shanghai."""
    where = Q()
    if since:
        where &= Q(**{f"{dimension.column}__gte": since if dimension.is_date else _midnight(since)})
    if until:
        after = until + timedelta(days=1) if until < date.max else until
        where &= Q(**{f"{dimension.column}__lt": after if dimension.is_date else _midnight(after)})
    return where


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time.min, clock.SHANGHAI)
