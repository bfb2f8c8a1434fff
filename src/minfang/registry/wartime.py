"""War-time uses of protective works: which one a building must provide, and the design limits of each.

Sources: 沪国动规〔2025〕4号 附表3 for the choice, GB 50038 for the limits; figures are in ``wartime.toml``.
"""

from collections.abc import Collection
from decimal import ROUND_FLOOR, Decimal
from typing import Any

from minfang.registry.definitions import load


def use_name(code: str) -> str:
    """What a war-time use is called; the code itself if it is unknown."""
    use = load("wartime")["uses"].get(code)
    return str(use["name"]) if use else code


def category(code: str) -> str:
    """The category of a use: MEDICAL, TEAM, SHELTER or SUPPORT; '' if unknown."""
    return str(load("wartime")["uses"].get(code, {}).get("category", ""))


def is_backbone(code: str) -> bool:
    """Whether works of this use count as backbone works (骨干工程)."""
    return category(code) in load("wartime")["backbone"]


def acceptable_uses(hospital_beds: int | None, unit_kind: str | None) -> tuple[str, ...]:
    """Uses of which one must be provided, by hospital beds or the kind of owner; () when it is free."""
    data = load("wartime")
    for band in data["hospital"]:
        if hospital_beds is not None and band["from"] <= hospital_beds <= band.get("to", hospital_beds):
            return (band["use"],)
    return tuple(data["triggers"].get(unit_kind or "", ()))


def uses_fit(uses: Collection[str], hospital_beds: int | None, unit_kind: str | None) -> bool:
    """Whether the uses planned contain one that 附表3 asks for."""
    wanted = acceptable_uses(hospital_beds, unit_kind)
    return not wanted or any(use in wanted for use in uses)


def warehouse_allowed(ratio: Decimal) -> bool:
    """Whether another store may be built where stores are ``ratio`` of the district's personnel shelters."""
    return ratio <= Decimal(load("wartime")["warehouse_max_ratio"])


def parameter(name: str) -> Decimal:
    """A design parameter by name. Raises ``LookupError`` for an unknown one."""
    return Decimal(load("wartime")["parameters"][name])


def _design(code: str) -> dict[str, Any]:
    data = load("wartime")
    use = data["uses"].get(code)
    return dict(data["design"][use["design"]]) if use else {}


def unit_gfa_limit(code: str) -> Decimal | None:
    """Largest floor area of one protective unit in ㎡; None where there is no limit."""
    limit = _design(code).get("unit_gfa_max")
    return Decimal(limit) if limit else None


def chem_grade(code: str) -> str | None:
    """The usual grade of chemical protection (乙、丙、丁); None where none is asked for."""
    return _design(code).get("chem_grade")


def person_capacity(code: str, shelter_area: Decimal) -> int | None:
    """People a sheltered area holds (rounded down); None for uses that are not measured in people."""
    share = _design(code).get("area_per_person")
    if share is None:
        return None
    return int((shelter_area / Decimal(share)).to_integral_value(rounding=ROUND_FLOOR))
