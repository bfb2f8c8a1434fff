"""The material checklist: which lines apply to a case, and which are still missing."""

from collections.abc import Mapping
from typing import Any

from minfang.kernel import expressions
from minfang.kernel.base.errors import FieldError
from minfang.services.matters import MatterDefinition
from minfang.services.models import CaseMaterial
from minfang.services.schemas import MaterialRule

WAIVER_LABELS = {"ECERT": "用证免交", "SHARE": "数据共享免交", "BIZ": "业务库引用", "N": "", "": ""}


def is_required(line: Mapping[str, Any], data: Mapping[str, Any]) -> bool:
    """Whether a line of the checklist is demanded for these form data."""
    required = line.get("required", True)
    if isinstance(required, str):
        return expressions.parse(required).evaluate(data) is True
    return bool(required)


def is_generated(line: Mapping[str, Any]) -> bool:
    """Whether the product makes this material itself (form A)."""
    return "A" in line.get("forms", "")


def rules(definition: MatterDefinition, data: Mapping[str, Any]) -> list[MaterialRule]:
    """The checklist as the applicant sees it for the present form data."""
    return [
        MaterialRule(
            code=line["code"],
            name=line["name"],
            required=is_required(line, data),
            formats=list(line.get("formats", [])),
            max_mb=int(line.get("max_mb", 100)),
            waiver="" if line.get("waiver", "N") == "N" else line["waiver"],
            waiver_label=WAIVER_LABELS.get(line.get("waiver", "N"), ""),
            hint=line.get("hint", ""),
            generated=is_generated(line),
        )
        for line in definition.materials
    ]


def missing(
    definition: MatterDefinition, data: Mapping[str, Any], handed_in: list[CaseMaterial]
) -> list[FieldError]:
    """Required lines with nothing handed in, and lines an officer refused that were not replaced."""
    present = {material.code for material in handed_in if material.state != "REJECTED"}
    return [
        FieldError(f"materials.{rule.code}", rule.name, f"缺少材料“{rule.name}”，请上传{_or_waive(rule)}。")
        for rule in rules(definition, data)
        if rule.required and not rule.generated and rule.code not in present
    ]


def _or_waive(rule: MaterialRule) -> str:
    return f"，或选择{rule.waiver_label}" if rule.waiver else ""
