"""Whether a definition can be published: shape, then meaning; every fault at its word, in Chinese."""

import hashlib
import json
from typing import Any

from pydantic import ValidationError

from minfang.kernel.base.errors import FieldError, invalid
from minfang.registry.models import Device, ProtectiveUnit, Works
from minfang.supervision.rules import handling, template
from minfang.supervision.rules.definition import Frequent, RuleDefinition, Together
from minfang.supervision.rules.models import FrequencyThreshold
from minfang.supervision.telemetry import metrics

KINDS = {
    "missing": "还没有填写",
    "float_parsing": "请填写数字",
    "float_type": "请填写数字",
    "finite_number": "请填写有限的数字",
    "int_parsing": "请填写整数",
    "int_from_float": "请填写整数",
    "greater_than_equal": "数值太小",
    "less_than_equal": "数值太大",
    "less_than": "数值太大",
    "too_short": "至少要有一项",
    "too_long": "项数太多",
    "string_too_short": "不能为空",
    "string_too_long": "文字太长",
    "extra_forbidden": "没有这个设置项",
    "literal_error": "不在可选范围内",
    "enum": "不在可选范围内",
    "union_tag_invalid": "没有这种条件",
}
BRANCHES = {"compare", "frequent", "change", "together", "several", "silent", "float", "DesignValue"}


def parse(data: Any) -> RuleDefinition:
    """The definition; refuses with every word that is wrong."""
    try:
        return RuleDefinition.model_validate(data)
    except ValidationError as error:
        raise invalid(_faults(error)) from error


def _faults(error: ValidationError) -> list[FieldError]:
    found: dict[str, FieldError] = {}
    for item in error.errors(include_url=False, include_context=False):
        path = ".".join(str(part) for part in item["loc"] if part not in BRANCHES)
        text = item["msg"].removeprefix("Value error, ")
        message = text if item["type"] == "value_error" else KINDS.get(item["type"], "填写不对")
        found.setdefault(path, FieldError(path, "", message))
    deeper = [path for path in found if any(other.startswith(f"{path}.") for other in found)]
    return [fault for path, fault in found.items() if path not in deeper]


def meaning_faults(rule: RuleDefinition) -> list[FieldError]:
    """What the shape cannot show: unknown metrics, frequencies, numbers, values no instrument gives."""
    metric = metrics.catalogue().get(rule.metric)
    if metric is None:
        return [FieldError("metric", "监测类型", f"没有 {rule.metric} 这种监测类型。")]
    found = [FieldError("message", "消息", text) for text in template.faults(rule.message)]
    for i, level in enumerate(rule.levels):
        for j, test in enumerate(level.when):
            found += _test_faults(f"levels.{i}.when.{j}", test, metric)
    return [*found, *_scope_faults(rule), *handling.faults(rule)]


def _test_faults(path: str, test: Any, metric: metrics.Metric) -> list[FieldError]:
    found = []
    for name in ("value", "upper", "clear"):
        bound = getattr(test, name, None)
        if isinstance(bound, float) and not metric.low <= bound <= metric.high:
            text = (
                f"{metric.name}的量程是 {metric.low:g}–{metric.high:g} {metric.unit}，{bound:g} 永远达不到。"
            )
            found.append(FieldError(f"{path}.{name}", "数值", text))
    named = test.frequency if isinstance(test, Frequent) else None
    if named is not None and not FrequencyThreshold.objects.filter(code=named).exists():
        found.append(FieldError(f"{path}.frequency", "频次阈值", f"没有频次阈值 {named}。"))
    if isinstance(test, Together) and test.other.metric not in metrics.catalogue():
        text = f"没有 {test.other.metric} 这种监测类型。"
        found.append(FieldError(f"{path}.other.metric", "另一类传感器", text))
    return found


def _scope_faults(rule: RuleDefinition) -> list[FieldError]:
    scope = rule.scope
    named: dict[str, tuple[Any, str, dict[str, str]]] = {
        "works": (Works, "works_no", {}),
        "unit": (ProtectiveUnit, "unit_no", {}),
        "device": (Device, "device_no", {}),
    }
    for field, target in (("works", "works"), ("units", "unit"), ("devices", "device")):
        for side in (field, f"excluded_{field}"):
            named[target][2].update(dict.fromkeys(getattr(scope, side), f"scope.{side}"))
    for i, override in enumerate(rule.overrides):
        named[override.target][2].setdefault(override.number, f"overrides.{i}.number")
    found = []
    for model, field, places in named.values():
        known = set(model.objects.filter(**{f"{field}__in": places}).values_list(field, flat=True))
        found += [
            FieldError(path, "适用范围", f"台账中没有编号 {number}。")
            for number, path in places.items()
            if number not in known
        ]
    return found


def sound(data: Any) -> RuleDefinition:
    """A definition fit to publish; refuses otherwise."""
    rule = parse(data)
    faults = meaning_faults(rule)
    if faults:
        raise invalid(faults)
    return rule


def plain(rule: RuleDefinition) -> dict[str, Any]:
    """As it is stored; defaults written out, so that a later change of them changes no published version."""
    data: dict[str, Any] = rule.model_dump(mode="json")
    return data


def digest(data: Any) -> str:
    """SHA-256 of the definition in canonical form."""
    text = json.dumps(data, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()
