"""The basement area a project owes, with its calculation line by line.

``required_area = Σ counted floor area × ratio(land use)`` where the counted floor area of a land use is its
floor area in the plot ratio, less exempt single buildings and, in extensions, less what is kept.
Source: 沪国动规〔2025〕4号 第七条, 附表1, 附表2; land contract first by 第三十条.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from minfang.kernel.expressions.functions import round_half_up
from minfang.registry.area_rules import AreaRule, AreaRuleError, LandClass, contract_terms, rule_on

ZERO = Decimal(0)
NOTHING_OWED = "无配建要求"


@dataclass(frozen=True, slots=True)
class LandUse:
    """One land use of a project, areas in ㎡; ``manual_ratio`` counts only where ``important_area`` is."""

    code: str
    far_area: Decimal
    exempt_area: Decimal = ZERO
    retained_area: Decimal = ZERO
    important_area: bool = False
    manual_ratio: Decimal | None = None


@dataclass(frozen=True, slots=True)
class AreaLine:
    """One line of the calculation; ``ratio`` None means nothing is owed for this land use."""

    land_use_code: str
    name: str
    far_area: Decimal
    exempt_area: Decimal
    base: Decimal
    ratio: Decimal | None
    result: Decimal
    basis: str


@dataclass(frozen=True, slots=True)
class RequiredArea:
    """The area owed in ㎡, rounded half up to two places, and how it came about."""

    total: Decimal
    lines: tuple[AreaLine, ...]
    notes: tuple[str, ...]
    rule_version: str
    document: str
    basis: str
    may_build_offsite: bool


def required_area(
    land_uses: Sequence[LandUse], *, on: date, contract_area: Decimal | None = None
) -> RequiredArea:
    """The area owed by a project accepted on ``on``; a land contract's own figure comes first.

    Raises ``AreaRuleError`` when no rule can be applied or a land use cannot be counted.
    """
    if contract_area is not None:
        return _by_contract(contract_area)
    rule = rule_on(on)
    lines = tuple(_line(rule, use) for use in land_uses)
    exact = sum((line.base * (line.ratio or ZERO) for line in lines), ZERO)
    within = exact <= Decimal(rule.raw["offsite_threshold"])
    return RequiredArea(
        total=round_half_up(exact, 2),
        lines=lines,
        notes=_notes(rule, lines, exact, within),
        rule_version=rule.version,
        document=rule.document,
        basis=rule.basis("article"),
        may_build_offsite=within and exact > 0,
    )


def _by_contract(area: Decimal) -> RequiredArea:
    if area < 0:
        raise AreaRuleError("合同约定的应建面积不能为负数")
    terms = contract_terms()
    note = f"土地出让合同已约定人防指标，按合同执行（{terms['basis']}）。"
    return RequiredArea(
        round_half_up(area, 2), (), (note,), terms["version"], terms["document"], terms["basis"], False
    )


def _line(rule: AreaRule, use: LandUse) -> AreaLine:
    land = rule.land_class(use.code)
    base = use.far_area - use.exempt_area - use.retained_area
    if base < 0:
        raise AreaRuleError(f"{land.code} {land.name}的豁免、保留面积大于计容面积，请核对")
    ratio = _ratio(land, use)
    basis = f"{rule.basis('ratio_table')} · {land.group} 类"
    result = round_half_up(base * (ratio or ZERO), 2)
    return AreaLine(land.code, land.name, use.far_area, use.exempt_area, base, ratio, result, basis)


def _ratio(land: LandClass, use: LandUse) -> Decimal | None:
    if not (land.manual and use.important_area):
        return land.ratio
    if use.manual_ratio is None:
        raise AreaRuleError(f"{land.code} {land.name}位于重要区域，请填写主管部门核定的比例")
    return use.manual_ratio


def _notes(rule: AreaRule, lines: Sequence[AreaLine], exact: Decimal, within: bool) -> tuple[str, ...]:
    notes = []
    if exact == 0:
        notes.append(f"{NOTHING_OWED}（{rule.basis('ratio_table')}）")
    elif within:
        threshold = Decimal(rule.raw["offsite_threshold"])
        condition, table = rule.raw["offsite_condition"], rule.basis("offsite_table")
        notes.append(f"应建面积 ≤ {threshold:,f} ㎡，可申请易地建设（{condition}，{table}）")
    if any(line.exempt_area for line in lines):
        notes.append(f"豁免依据：{rule.basis('exempt_table')}")
    notes.append(f"规则 {rule.version} 自 {rule.effective_from.isoformat()} 起施行，按受理日选用版本")
    return tuple(notes)
