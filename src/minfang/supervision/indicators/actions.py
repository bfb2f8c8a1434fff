"""Choosing what a scope is shown and what it has to reach."""

from collections.abc import Sequence

from django.db import transaction

from minfang.kernel.audit.actions import record
from minfang.kernel.base import clock
from minfang.kernel.base.errors import FieldError, forbidden, invalid
from minfang.kernel.datasets.model import get
from minfang.kernel.iam.access import Access
from minfang.supervision.alarms.queries.scope import city_wide
from minfang.supervision.indicators.definitions import indicators
from minfang.supervision.indicators.models import IndicatorConfig
from minfang.supervision.indicators.queries import Chosen, scope_of

MOST_TARGET = 1_000_000


@transaction.atomic
def configure(access: Access, code: str, wanted: Sequence[tuple[str, bool, float | None]]) -> None:
    """Set the indicators of the city or a district, in this order; only the city does (feature 101)."""
    if not city_wide(access, "iot.configure"):
        raise forbidden("专项指标由市级物联管理员配置。")
    scope, _ = scope_of(access, code)
    _check(wanted)
    IndicatorConfig.objects.filter(scope=scope.code).delete()
    IndicatorConfig.objects.bulk_create(
        IndicatorConfig(
            scope=scope.code,
            indicator=name,
            shown=shown,
            target=target,
            position=at,
            changed_by=access.person,
            changed_at=clock.now(),
        )
        for at, (name, shown, target) in enumerate(wanted)
    )
    said = "、".join(
        _words(Chosen(indicators()[name], shown, target)) for name, shown, target in wanted if shown
    )
    summary = f"{scope.label}专项指标：{said}"[:500]
    record("indicator.configure", person=access.person, target=f"indicators:{scope.code}", summary=summary)


def _words(one: Chosen) -> str:
    measure = get(one.indicator.dataset).measure(one.indicator.measure)
    if one.target is None:
        return measure.title
    value = f"{one.target * 100:g}%" if measure.format == "percent" else f"{one.target:g}"
    return f"{measure.title} {'≥' if one.indicator.better == 'up' else '≤'} {value}"


def _check(wanted: Sequence[tuple[str, bool, float | None]]) -> None:
    wrong = []
    names = [name for name, _, _ in wanted]
    if set(names) - set(indicators()) or len(set(names)) != len(names):
        wrong.append(FieldError("choices", "指标", "有不认识或重复的指标。"))
    elif not any(shown for _, shown, _ in wanted):
        wrong.append(FieldError("choices", "指标", "至少显示一项指标。"))
    for at, (name, _, target) in enumerate(wanted):
        if name in indicators() and target is not None and not 0 <= target <= _most(name):
            limit = "0 至 100%" if _most(name) == 1 else f"0 至 {MOST_TARGET}"
            wrong.append(FieldError(f"choices.{at}.target", "目标", f"目标应在 {limit} 之间。"))
    if wrong:
        raise invalid(wrong)


def _most(name: str) -> int:
    one = indicators()[name]
    return 1 if get(one.dataset).measure(one.measure).format == "percent" else MOST_TARGET
