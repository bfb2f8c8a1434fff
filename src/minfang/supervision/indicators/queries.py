"""The boards of indicators, and the rows behind a card."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db.models import Count, Q

from minfang.kernel.base import clock
from minfang.kernel.base.errors import Refusal, not_found
from minfang.kernel.datasets import cuts
from minfang.kernel.datasets import queries as figures
from minfang.kernel.datasets.cuts import Cut
from minfang.kernel.datasets.model import get
from minfang.kernel.iam.access import Access
from minfang.registry import districts
from minfang.registry.models import ManagementLevel, Works
from minfang.supervision.alarms.queries.scope import city_wide
from minfang.supervision.indicators.definitions import Indicator, indicators, trend_months
from minfang.supervision.indicators.models import IndicatorConfig
from minfang.supervision.indicators.schemas import (
    IndicatorBoard,
    IndicatorCard,
    IndicatorChoice,
    IndicatorPoint,
    IndicatorRows,
    IndicatorScope,
    IndicatorWorksRow,
)

CITY = "CITY"


@dataclass(frozen=True)
class Chosen:
    """An indicator as a scope shows it."""

    indicator: Indicator
    shown: bool
    target: float | None


def scopes(access: Access) -> list[IndicatorScope]:
    """The city's own works one may see, and each district whose own works one may see."""
    rows = Works.objects.visible_to(access, "iot.read").order_by()
    live = Count("devices", filter=Q(devices__retired_at=None))
    level, district = "management_level", "district_code"
    counted = list(rows.values_list(level, district).annotate(w=Count("pk", distinct=True), d=live))
    direct = [row for row in counted if row[0] == ManagementLevel.CITY_DIRECT]
    found = [_scope(CITY, "市直属工程", direct)] if direct else []
    for one in districts.all_districts():
        own = [row for row in counted if row[0] == ManagementLevel.DISTRICT and row[1] == one.code]
        if own or city_wide_reader(access):
            found.append(_scope(one.code, one.name, own))
    return found


def city_wide_reader(access: Access) -> bool:
    """Whether this person reads the whole city."""
    cached: bool = access._cache.setdefault("indicators.city", city_wide(access, "iot.read"))
    return cached


def _scope(code: str, label: str, rows: Sequence[tuple[Any, ...]]) -> IndicatorScope:
    return IndicatorScope(
        code=code, label=label, works=sum(row[2] for row in rows), devices=sum(row[3] for row in rows)
    )


def scope_of(access: Access, code: str) -> tuple[IndicatorScope, list[IndicatorScope]]:
    """The scope of that code (the first without one) among those one may see."""
    known = scopes(access)
    for one in known:
        if code in ("", one.code):
            return one, known
    raise not_found("该范围的指标")


def terms(scope: str) -> dict[str, list[str]]:
    """The filters that make a scope of a dataset."""
    if scope == CITY:
        return {"management": [ManagementLevel.CITY_DIRECT.value]}
    return {"management": [ManagementLevel.DISTRICT.value], "district": [scope]}


def chosen(scope: str) -> list[Chosen]:
    """All indicators in the order and with the targets of a scope."""
    rows = {row.indicator: row for row in IndicatorConfig.objects.filter(scope=scope)}
    places = {code: rows[code].position if code in rows else 100 + at for at, code in enumerate(indicators())}
    found = []
    for code in sorted(indicators(), key=places.__getitem__):
        one, row = indicators()[code], rows.get(code)
        if row is None:
            found.append(Chosen(one, one.shown and not rows, one.target))
        else:
            found.append(Chosen(one, row.shown, row.target))
    return found


def month_of(text: str) -> date:
    """The first day of the month named; of this month where none is."""
    try:
        return date.fromisoformat(f"{text}-01") if text else clock.today().replace(day=1)
    except ValueError as error:
        raise Refusal("BAD_PERIOD", f"月份“{text[:20]}”无法识别。", "请写成 2026-11。", status=422) from error


def moved(month: date, months: int) -> date:
    """The first day of a month so many months later."""
    number = month.year * 12 + month.month - 1 + months
    return date(number // 12, number % 12 + 1, 1)


def bounds(month: date) -> tuple[date, date]:
    """First and last day of a month."""
    return month, date.fromordinal(moved(month, 1).toordinal() - 1)


def board(access: Access, code: str, month_text: str) -> IndicatorBoard:
    """A scope's cards in a month, with their trends and each work's values."""
    scope, known = scope_of(access, code)
    month = month_of(month_text)
    shown = [one for one in chosen(scope.code) if one.shown]
    values = _values(access, scope.code, shown, month)
    trends = _trends(access, scope.code, shown, month)
    return IndicatorBoard(
        scope=scope.code,
        label=scope.label,
        month=f"{month:%Y-%m}",
        scopes=known,
        cards=[_card(access, scope.code, one, month, values, trends) for one in shown],
        works=_by_works(access, scope.code, shown, month),
        as_of=clock.now(),
        may_configure=city_wide(access, "iot.configure"),
    )


def _asked(scope: str, one: Indicator, month: date) -> dict[str, Any]:
    period = {} if one.now else dict(zip(("since", "until"), bounds(month), strict=True))
    return {"filters": terms(scope), **period}


def _by_dataset(shown: Sequence[Chosen]) -> dict[tuple[str, bool], list[Indicator]]:
    found: dict[tuple[str, bool], list[Indicator]] = {}
    for one in shown:
        found.setdefault((one.indicator.dataset, one.indicator.now), []).append(one.indicator)
    return found


def _values(access: Access, scope: str, shown: Sequence[Chosen], month: date) -> dict[str, Any]:
    """The value of each indicator; one statement a dataset."""
    values: dict[str, Any] = {}
    for (dataset, _), ones in _by_dataset(shown).items():
        asked = _asked(scope, ones[0], month)
        table = figures.query(access, get(dataset), measures=[one.measure for one in ones], **asked)
        values |= {one.code: value for one, value in zip(ones, table.totals, strict=True)}
    return values


def _trends(
    access: Access, scope: str, shown: Sequence[Chosen], month: date
) -> dict[str, list[IndicatorPoint]]:
    months = [moved(month, back) for back in range(1 - trend_months(), 1)]
    trends: dict[str, list[IndicatorPoint]] = {}
    for (dataset, now), ones in _by_dataset(shown).items():
        if now:
            continue
        declared = get(dataset)
        table = figures.query(
            access,
            declared,
            dimensions=[f"{declared.time}.month"],
            measures=[one.measure for one in ones],
            filters=terms(scope),
            since=months[0],
            until=bounds(month)[1],
        )
        rows = {row.keys[0]: row.values for row in table.rows}
        for at, one in enumerate(ones):
            nothing = 0 if declared.measure(one.measure).over is None else None
            trends[one.code] = [
                IndicatorPoint(
                    month=f"{m:%Y-%m}", value=rows[k][at] if (k := f"{m:%Y-%m}") in rows else nothing
                )
                for m in months
            ]
    return trends


def _by_works(access: Access, scope: str, shown: Sequence[Chosen], month: date) -> list[IndicatorWorksRow]:
    """The 14 works of the city, or a district's: a row each, also those without alarms."""
    places = Works.objects.visible_to(access, "iot.read")
    city = scope == CITY
    level = ManagementLevel.CITY_DIRECT if city else ManagementLevel.DISTRICT
    places = places.filter(management_level=level, **({} if city else {"district_code": scope}))
    found: dict[tuple[str, str], Any] = {}
    for (dataset, _), ones in _by_dataset(shown).items():
        measures = [one.measure for one in ones]
        asked = _asked(scope, ones[0], month)
        table = figures.query(access, get(dataset), dimensions=["works"], measures=measures, **asked)
        for row in table.rows:
            found |= {(row.keys[0], one.code): v for one, v in zip(ones, row.values, strict=True)}
    nothing = {
        one.indicator.code: 0
        if get(one.indicator.dataset).measure(one.indicator.measure).over is None
        else None
        for one in shown
    }
    return [
        IndicatorWorksRow(
            works_no=number,
            works=name,
            values=[found.get((number, code), none) for code, none in nothing.items()],
        )
        for number, name in places.order_by("works_no").values_list("works_no", "name")
    ]


def _card(
    access: Access, scope: str, one: Chosen, month: date, values: dict[str, Any], trends: dict[str, Any]
) -> IndicatorCard:
    measure = get(one.indicator.dataset).measure(one.indicator.measure)
    value = values[one.indicator.code]
    met = None
    if one.target is not None and value is not None:
        met = value >= one.target if one.indicator.better == "up" else value <= one.target
    rows = cuts.rows_of(access, get(one.indicator.dataset), _cut(scope, one.indicator, month))
    return IndicatorCard(
        code=one.indicator.code,
        title=measure.title,
        unit=measure.unit,
        format=measure.format,
        basis=measure.basis,
        better=one.indicator.better,
        target=one.target,
        value=value,
        met=met,
        now=one.indicator.now,
        behind=rows.count(),
        trend=trends.get(one.indicator.code, []),
    )


def _cut(scope: str, one: Indicator, month: date, works: str = "") -> Cut:
    since, until = (None, None) if one.now else bounds(month)
    filters = {**terms(scope), **({"works": [works]} if works else {})}
    return Cut(filters, one.measure, since, until)


def behind(
    access: Access, code: str, indicator: str, month: str, works: str, page: int, size: int
) -> IndicatorRows:
    """The rows an indicator counts, for a rate those it is taken among; of one work where named."""
    scope, _ = scope_of(access, code)
    if indicator not in indicators():
        raise not_found("该指标")
    one = indicators()[indicator]
    cut = _cut(scope.code, one, month_of(month), works)
    found = figures.rows_behind(access, get(one.dataset), cut, page=page, size=size)
    alarms = one.dataset == "iot_alarms"
    return IndicatorRows(
        columns=list(found.columns),
        rows=[list(row) for row in found.rows],
        links=[f"/office/alarms?no={row[0]}" if alarms else "" for row in found.rows],
        total=found.total,
        page=found.page,
        size=found.size,
        conditions=list(found.conditions),
    )


def choices(access: Access, code: str) -> list[IndicatorChoice]:
    """The configuration of a scope one may see."""
    scope, _ = scope_of(access, code)
    return [_choice(one) for one in chosen(scope.code)]


def _choice(one: Chosen) -> IndicatorChoice:
    measure = get(one.indicator.dataset).measure(one.indicator.measure)
    return IndicatorChoice(
        code=one.indicator.code,
        title=measure.title,
        unit=measure.unit,
        format=measure.format,
        basis=measure.basis,
        better=one.indicator.better,
        shown=one.shown,
        target=one.target,
        default_target=one.indicator.target,
    )
