"""Versioned rules for the basement area owed (应建防空地下室面积), from ``definitions/area_rules.toml``."""

from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from functools import cache
from typing import Any

from minfang.kernel.expressions import ExpressionError
from minfang.registry.definitions import load


class AreaRuleError(ExpressionError):
    """The rule cannot be applied; the Chinese message says why and what to do."""


@dataclass(frozen=True, slots=True)
class LandClass:
    """A land-use class of the rule's table. ``ratio`` None: nothing is owed."""

    code: str
    group: str
    name: str
    ratio: Decimal | None
    manual: bool
    refuse: str


@dataclass(frozen=True, slots=True)
class AreaRule:
    """One version of the rule with its tables, in force from the first to the last day (both included)."""

    version: str
    document: str
    effective_from: date
    effective_to: date
    raw: dict[str, Any]
    classes: dict[str, LandClass] = field(default_factory=dict)

    def basis(self, key: str) -> str:
        """Document number and place, e.g. 沪国动规〔2025〕4号 附表1."""
        return f"{self.document} {self.raw[key]}"

    def land_class(self, code: str) -> LandClass:
        """The class of a land-use code. Raises ``AreaRuleError`` when the table has no such class."""
        found = self.classes.get(code)
        if found is None:
            raise AreaRuleError(f"{self.basis('ratio_table')}中没有用地性质“{code}”，请重新选择")
        if found.refuse:
            raise AreaRuleError(found.refuse)
        return found


@cache
def all_rules() -> tuple[AreaRule, ...]:
    """Every version, oldest first."""
    return tuple(_rule(raw) for raw in load("area_rules")["rule"])


def _rule(raw: dict[str, Any]) -> AreaRule:
    classes = {row["code"]: _class(row) for row in raw.get("land_use", [])}
    return AreaRule(raw["version"], raw["document"], raw["effective_from"], raw["effective_to"], raw, classes)


def _class(row: dict[str, Any]) -> LandClass:
    ratio = Decimal(row["ratio"]) if "ratio" in row else None
    return LandClass(
        row["code"], row["class"], row["name"], ratio, row.get("manual", False), row.get("refuse", "")
    )


def rule_on(day: date) -> AreaRule:
    """The rule for applications accepted on ``day``. Raises ``AreaRuleError`` when none can be applied."""
    for rule in all_rules():
        if rule.effective_from <= day <= rule.effective_to:
            if not rule.classes:
                raise AreaRuleError(
                    f"{day.isoformat()} 受理的件适用 {rule.document}，"
                    "其配建比例尚未录入系统，请由主管处室核定后线下办理"
                )
            return rule
    raise AreaRuleError(f"{day.isoformat()} 没有施行中的应建面积规则，请联系主管处室")


def contract_terms() -> dict[str, str]:
    """Version, document and basis when the land contract itself sets the area."""
    return dict(load("area_rules")["contract"])
