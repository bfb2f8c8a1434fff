"""A rule read aloud: the same words in the list, in a comparison of versions and beside an alarm."""

from typing import Any

from minfang.supervision.rules import handling
from minfang.supervision.rules.comparisons import SIGNS, lasting
from minfang.supervision.rules.definition import (
    Bound,
    Change,
    DesignValue,
    Frequent,
    Operator,
    RuleDefinition,
    Scope,
    Several,
    Silent,
    Together,
)
from minfang.supervision.rules.words import READINESS, hours, level_name
from minfang.supervision.telemetry import metrics

DESIGN = {
    "rated_a": "额定电流",
    "initial_pa": "初阻力",
    "limit_pa": "阻力限值",
    "design_pa": "设计超压",
    "start_mm": "启泵位",
    "high_mm": "高液位",
    "very_high_mm": "超高液位",
    "wind_speed_ms": "设计风速",
    "duct_pressure_pa": "设计风压",
}
PLACES = {"EQUIPMENT": "同一设备", "ROOM": "同一房间", "UNIT": "同一防护单元", "WORKS": "同一工程"}


def bound_words(bound: Bound, unit: str) -> str:
    """A number with its unit, or the design value it follows."""
    if isinstance(bound, DesignValue):
        name = DESIGN.get(bound.design, bound.design)
        factor = "" if bound.factor == 1 else f"{bound.factor:g} 倍"
        plus = "" if not bound.plus else f"{bound.plus:+g} {unit}"
        return f"{factor}{name}{plus}"
    return f"{bound:g} {unit}".strip()


def scope_words(scope: Scope) -> str:
    """Which devices."""
    parts = []
    if scope.management_level:
        parts.append({"CITY_DIRECT": "市直属工程", "DISTRICT": "区管工程"}[scope.management_level])
    for names, what in (
        (scope.districts, "个区"),
        (scope.works, "个工程"),
        (scope.units, "个单元"),
        (scope.devices, "台设备"),
    ):
        if names:
            parts.append(f"指定 {len(names)} {what}")
    if scope.special_rooms:
        parts.append("专用房")
    if scope.rooms_named:
        parts.append(f"“{scope.rooms_named}”房间")
    text = "、".join(parts) or "全部工程"
    excluded = len(scope.excluded_works) + len(scope.excluded_units) + len(scope.excluded_devices)
    return f"{text}（除外 {excluded} 处）" if excluded else text


def comparison(metric: metrics.Metric, op: Operator, value: Bound, upper: Bound | None) -> str:
    """高于 35 ℃."""
    if upper is not None:
        way = "介于" if op is Operator.BETWEEN else "超出"
        return f"{way} {bound_words(value, '')}–{bound_words(upper, metric.unit)}"
    if metric.words and isinstance(value, float):
        return f"{SIGNS[op]}{metric.say(value)}"
    return f"{SIGNS[op]} {bound_words(value, metric.unit)}"


def test_words(metric: metrics.Metric, test: Any) -> str:
    """One test: 高于 35 ℃ 并持续 15 分钟，回到 34 ℃ 解除."""
    if isinstance(test, Silent):
        return f"超过 {test.periods:g} 个采样周期没有数据"
    if isinstance(test, Change):
        way = {"up": "升高", "down": "降低", "either": "变化"}[test.direction]
        text = f"{lasting(test.span_seconds)}内{way}达到 {bound_words(test.by, metric.unit)}"
    else:
        text = comparison(metric, test.op, test.value, test.upper) + _more(test)
    if test.hold_seconds:
        text += f" 并持续 {lasting(test.hold_seconds)}"
    if getattr(test, "clear", None) is not None:
        text += f"，回到 {bound_words(test.clear, metric.unit)} 解除"
    if test.clear_hold_seconds:
        text += f"（须保持 {lasting(test.clear_hold_seconds)}）"
    return text


def _more(test: Any) -> str:
    if isinstance(test, Frequent):
        named = f"（频次阈值 {test.frequency}）" if test.frequency else ""
        often = f"{lasting(test.span_seconds or 0)}内 {test.times} 次" if not named else "达到频次"
        return f"，{'连续' if test.in_a_row else ''}{often}{named}"
    if isinstance(test, Together):
        other = metrics.catalogue().get(test.other.metric)
        if other is None:
            return f"，且{test.other.metric}同时成立"
        said = comparison(other, test.other.op, test.other.value, test.other.upper)
        return f"，且{PLACES[test.other.place]}的{other.name}{said}"
    if isinstance(test, Several):
        return f"，{PLACES[test.place]}至少 {test.at_least} 点"
    return ""


def lines(rule: RuleDefinition) -> list[tuple[str, str, str]]:
    """The whole rule as (key, label, text), in the order people read it."""
    metric = metrics.get(rule.metric)
    found = [("scope", "适用范围", f"{scope_words(rule.scope)}的{metric.name}")]
    for level in rule.levels:
        text = "；或 ".join(test_words(metric, test) for test in level.when)
        found.append((f"level{level.level}", level_name(level.level), text))
    found += [
        ("schedule", "监测时段", hours(rule.schedule)),
        ("op_states", "平急状态", "、".join(READINESS[state] for state in rule.op_states)),
        ("dedupe", "去重", dedupe_words(rule)),
        ("repeat", "重复推送", f"每 {rule.repeat_minutes} 分钟" if rule.repeat_minutes else "不重复"),
        ("message", "消息", rule.message),
    ]
    if rule.overrides:
        text = "；".join(
            f"{o.number}{'不适用' if o.off else ''}"
            + "".join(f" {level_name(v.level)} {v.value:g}" for v in o.levels if v.value is not None)
            for o in rule.overrides[:50]
        )
        found.append(("overrides", "个别设置", text))
    if rule.silence_clear_seconds:
        found.append(("silence", "自动解除", f"{lasting(rule.silence_clear_seconds)}内不再发生"))
    if rule.valid_from or rule.valid_to:
        found.append(("valid", "生效期", f"{rule.valid_from or '即日'} 至 {rule.valid_to or '长期'}"))
    for own in sorted(rule.handling, key=lambda own: own.level):
        text = handling.words(own)
        found.append((f"handling{own.level}", f"{level_name(own.level)}推送与时限", text))
    return found


def dedupe_words(rule: RuleDefinition) -> str:
    """去重规则 in words."""
    dedupe = rule.dedupe
    if dedupe.kind == "NONE":
        return "不去重"
    if dedupe.kind == "COUNT":
        way = "首次即推，其后" if dedupe.first else ""
        return f"{way}{dedupe.minutes} 分钟内每 {dedupe.times} 次推一次"
    return f"同级 {dedupe.minutes} 分钟内只推一次，升级立即推"


def one_line(rule: RuleDefinition) -> str:
    """The rule in one sentence for a list."""
    told = {key: text for key, _, text in lines(rule)}
    metric = metrics.get(rule.metric)
    levels = "；".join(
        f"{told[f'level{level.level}']} 记{level_name(level.level)[:2]}" for level in rule.levels
    )
    return f"{scope_words(rule.scope)}的{metric.name}{levels}"
