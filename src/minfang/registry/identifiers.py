"""Identifiers of parties and projects, checked level by level so that people can be told what is wrong."""

import re
from dataclasses import dataclass

from minfang.kernel.base.identifiers import is_id_card, is_uscc, uscc_level

__all__ = [
    "IdentifierCheck",
    "check_id_number",
    "check_uscc",
    "is_id_card",
    "is_mobile",
    "is_project_code",
    "is_uscc",
]
PROJECT_CODE = re.compile(r"[0-9]{4}-[0-9]{6}-[0-9]{2}-[0-9]{2}-[0-9]{6}")
MOBILE = re.compile(r"1[3-9][0-9]{9}")
_LEVEL_MESSAGES = (
    "应为 18 位数字和大写字母（不含 I、O、S、V、Z），请对照营业执照核对。",
    "第 18 位校验码不符，请逐位核对。",
    "第 9 至 17 位主体标识码校验不符，请逐位核对。",
    "",
)


@dataclass(frozen=True, slots=True)
class IdentifierCheck:
    """Whether an identifier holds by itself, the level reached (1 form, 2, 3), and what is wrong."""

    holds: bool
    level: int
    message: str


def check_uscc(code: str) -> IdentifierCheck:
    """Levels L1 to L3 of a unified social credit code (GB 32100-2015); L4 asks the legal-person register."""
    level = uscc_level(code)
    return IdentifierCheck(level == 3, level, _LEVEL_MESSAGES[level])


def check_id_number(id_type: str, number: str) -> IdentifierCheck:
    """A certificate number of type 001 (USCC) or 111 (identity card); other types cannot be checked."""
    if id_type == "001":
        return check_uscc(number)
    if id_type == "111":
        holds = is_id_card(number)
        return IdentifierCheck(holds, 2 if holds else 0, "" if holds else "身份证号校验不符，请核对。")
    return IdentifierCheck(bool(number.strip()), 0, "" if number.strip() else "请填写证件号。")


def is_project_code(code: str) -> bool:
    """Whether a national project code has its form (year-region-trade-type-sequence)."""
    return PROJECT_CODE.fullmatch(code) is not None


def is_mobile(number: str) -> bool:
    """Whether a mainland mobile number has its form."""
    return MOBILE.fullmatch(number) is not None
