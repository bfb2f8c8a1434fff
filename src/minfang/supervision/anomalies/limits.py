"""When repeated, unhandled alarms are an anomaly: what administrators set, else what is shipped."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from minfang.kernel.iam.access import Access
from minfang.supervision.alarms.models import Category
from minfang.supervision.alarms.queries.scope import city_wide
from minfang.supervision.anomalies.definitions import criteria
from minfang.supervision.anomalies.models import RepeatLimit
from minfang.supervision.anomalies.schemas import AnomalyLimit, AnomalyLimitChange, AnomalyLimits

ALL = "*"
MOST_SHOWN = 30
NAMES = {ALL: "全部类别", **dict(Category.choices)}


@dataclass(frozen=True)
class Limit:
    """``times`` within any ``hours``, and one of them open for ``open_hours`` or longer."""

    times: int
    hours: float
    open_hours: float


def shipped(category: str) -> Limit | None:
    """The limit as delivered; None where a category has none of its own."""
    own: Mapping[str, Any] = criteria()["repeated"]
    said = own if category == ALL else own["category"].get(category)
    if said is None:
        return None
    return Limit(**{name: said.get(name, own[name]) for name in ("times", "hours", "open_hours")})


def newest() -> dict[str, RepeatLimit]:
    """The last change of each category."""
    return {row.category: row for row in RepeatLimit.objects.select_related("person").order_by("version")}


def _limit(row: RepeatLimit | None) -> Limit | None:
    if row is None or row.times is None or row.hours is None or row.open_hours is None:
        return None
    return Limit(row.times, row.hours, row.open_hours)


class Limits:
    """The limits in force, read once for one answer."""

    def __init__(self) -> None:
        self.changed = newest()

    def own(self, category: str) -> Limit | None:
        """The limit of a category; None where it follows the one for all."""
        return _limit(self.changed.get(category)) or shipped(category)

    def of(self, category: str) -> Limit:
        """The limit that counts for a category."""
        found = self.own(category) or self.own(ALL)
        assert found is not None
        return found


def words(limit: Limit | None) -> str:
    """``5 次/24 小时、未闭环 24 小时``."""
    if limit is None:
        return "按全部类别"
    return f"{limit.times} 次/{limit.hours:g} 小时、未闭环 {limit.open_hours:g} 小时"


def table(access: Access) -> AnomalyLimits:
    """All limits in force, and how they came to be."""
    limits = Limits()
    return AnomalyLimits(
        rows=[_row(limits, category) for category in NAMES],
        changes=[
            AnomalyLimitChange(
                label=NAMES.get(row.category, row.category),
                words=words(_limit(row)) if row.times is not None else "恢复出厂值",
                note=row.note,
                person=row.person.name,
                at=row.at,
            )
            for row in RepeatLimit.objects.select_related("person").order_by("-at", "-pk")[:MOST_SHOWN]
        ],
        may_configure=city_wide(access, "iot.configure"),
    )


def _row(limits: Limits, category: str) -> AnomalyLimit:
    last, own = limits.changed.get(category), limits.own(category)
    return AnomalyLimit(
        category=category,
        label=NAMES[category],
        **vars(limits.of(category)),
        own=own is not None,
        shipped=own == shipped(category),
        version=last.version if last else 0,
        changed_by=last.person.name if last else "",
        changed_at=last.at if last else None,
        note=last.note if last else "",
    )
