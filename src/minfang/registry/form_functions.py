"""Domain functions that form definitions may call, by the names under which they are registered.

They take what expressions hand over (None, bool, Decimal, text, lists of rows) and answer None while the
form is not filled in far enough.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from minfang.kernel.base import clock
from minfang.kernel.expressions import as_number
from minfang.kernel.forms.engine import ExplainLine
from minfang.registry import wartime
from minfang.registry.required_area import (
    NOTHING_OWED,
    AreaLine,
    LandUse,
    RequiredArea,
    required_area,
)

ZERO = Decimal(0)
Rows = Sequence[Mapping[str, Any]]


def _land_uses(rows: Rows | None) -> list[LandUse]:
    complete = [row for row in rows or () if row.get("land_use_code") and as_number(row.get("far_area"))]
    return [_land_use(row) for row in complete]


def _land_use(row: Mapping[str, Any]) -> LandUse:
    return LandUse(
        code=row["land_use_code"],
        far_area=as_number(row["far_area"]) or ZERO,
        exempt_area=as_number(row.get("exempt_area")) or ZERO,
        retained_area=as_number(row.get("retained_area")) or ZERO,
        important_area=row.get("important_area") is True,
        manual_ratio=as_number(row.get("manual_ratio")),
    )


def _calculation(
    land_use: Rows | None, by_contract: bool | None, contract_area: Any, rule_date: str | None
) -> RequiredArea | None:
    on = date.fromisoformat(rule_date) if rule_date else clock.today()
    if by_contract:
        agreed = as_number(contract_area)
        return None if agreed is None else required_area([], on=on, contract_area=agreed)
    land_uses = _land_uses(land_use)
    return required_area(land_uses, on=on) if land_uses else None


def area_owed(
    land_use: Rows | None, by_contract: bool | None, contract_area: Any, rule_date: str | None
) -> Decimal | None:
    """The area owed in ㎡, None while no land use is complete. Raises ``AreaRuleError``."""
    calculation = _calculation(land_use, by_contract, contract_area, rule_date)
    return calculation.total if calculation else None


def explain_area_owed(facts: Mapping[str, Any]) -> list[ExplainLine]:
    """The calculation behind :func:`area_owed`, line by line with the document each line rests on."""
    names = ("land_use", "land_contract_has_cd_clause", "contract_required_area", "rule_date")
    calculation = _calculation(*(facts.get(name) for name in names))
    if calculation is None:
        return []
    lines = [_explained(line) for line in calculation.lines]
    base = sum((line.base for line in calculation.lines), ZERO)
    quantity = f"{base:,.2f}" if lines else ""
    how = f"{calculation.basis} · 各类相加，保留两位小数" if lines else calculation.basis
    lines.append(ExplainLine("合计", quantity, "", f"{calculation.total:,.2f}", how, "total"))
    return [*lines, *(ExplainLine(note, kind="note") for note in calculation.notes)]


def _explained(line: AreaLine) -> ExplainLine:
    factor = NOTHING_OWED if line.ratio is None else f"{line.ratio * 100:f}".rstrip("0").rstrip(".") + "%"
    label = f"{line.land_use_code} {line.name}"
    return ExplainLine(label, f"{line.base:,.2f}", factor, f"{line.result:,.2f}", line.basis)


def _unit_gfa_limit(use: str | None) -> Decimal | None:
    return wartime.unit_gfa_limit(use) if use else None


def _expected_chem_grade(use: str | None) -> str | None:
    return wartime.chem_grade(use) if use else None


def _person_capacity(use: str | None, shelter_area: Any) -> Decimal | None:
    area = as_number(shelter_area)
    people = wartime.person_capacity(use, area) if use and area is not None else None
    return None if people is None else Decimal(people)


def _beds(value: Any) -> int | None:
    number = as_number(value)
    return None if number is None else int(number)


def _wartime_use_fits(uses: Sequence[str | None] | None, beds: Any, unit_kind: str | None) -> bool | None:
    planned = [use for use in uses or () if use]
    return wartime.uses_fit(planned, _beds(beds), unit_kind) if planned else None


def _expected_wartime_use(beds: Any, unit_kind: str | None) -> str | None:
    wanted = wartime.acceptable_uses(_beds(beds), unit_kind)
    return "或".join(wartime.use_name(use) for use in wanted) or None


def _units_short_of_exits(units: Rows | None, entrances: Rows | None) -> str | None:
    least = wartime.parameter("exits_per_unit")
    found = [entrance.get("unit_no") for entrance in entrances or ()]
    names = [unit["unit_no"] for unit in units or () if unit.get("unit_no")]
    return "、".join(name for name in names if found.count(name) < least) or None


FUNCTIONS: Mapping[str, Callable[..., Any]] = {
    "required_area": area_owed,
    "explain_required_area": explain_area_owed,
    "unit_gfa_limit": _unit_gfa_limit,
    "expected_chem_grade": _expected_chem_grade,
    "person_capacity": _person_capacity,
    "design_parameter": wartime.parameter,
    "wartime_use_fits": _wartime_use_fits,
    "expected_wartime_use": _expected_wartime_use,
    "units_short_of_exits": _units_short_of_exits,
}
