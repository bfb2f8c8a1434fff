"""Named formats of text fields: how each is checked and what a person is told when it does not hold."""

import re
from collections.abc import Callable
from dataclasses import dataclass

from minfang.kernel.base.identifiers import is_id_card, is_uscc


@dataclass(frozen=True, slots=True)
class Format:
    """A named check of a text; ``advice`` completes the sentence “{label}…”."""

    holds: Callable[[str], bool]
    advice: str


def _matching(pattern: str) -> Callable[[str], bool]:
    compiled = re.compile(pattern, re.ASCII)
    return lambda text: compiled.fullmatch(text) is not None


FORMATS: dict[str, Format] = {
    "uscc": Format(is_uscc, "应为 18 位且通过校验（数字和大写字母，不含 I、O、S、V、Z），请对照营业执照核对"),
    "id_card": Format(is_id_card, "应为 18 位且通过校验，末位 X 须大写，请对照身份证核对"),
    "certificate_no": Format(_matching(r"[0-9A-Za-z()（）-]{4,30}"), "应为 4 至 30 位数字、字母，请核对"),
    "mobile": Format(_matching(r"1[3-9]\d{9}"), "应为 11 位手机号，以 13 至 19 开头，请核对"),
    "telephone": Format(_matching(r"(0\d{2,3}-)?\d{7,8}"), "应为固定电话，如 021-24080000，请核对"),
    "postcode": Format(_matching(r"\d{6}"), "应为 6 位数字，如 200331，请核对"),
    "email": Format(
        _matching(r"[^@\s]{1,64}@[^@\s.]+(\.[^@\s.]+)+"), "应为电子邮箱，如 name@example.com，请核对"
    ),
    "project_code": Format(
        _matching(r"\d{4}-\d{6}-\d{2}-\d{2}-\d{6}"),
        "应为 24 位赋码，如 2605-310107-04-01-268413，请对照立项文件核对",
    ),
}


def has_format(value: object, name: str) -> bool | None:
    """Whether a text has a named format; None while there is no text. Callable in expressions."""
    if value is None:
        return None
    return isinstance(value, str) and name in FORMATS and FORMATS[name].holds(value)
