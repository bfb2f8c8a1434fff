"""The pattern language of document and case numbers. Pure: no database, no clock.

A pattern is text with segments in braces::

    {YYYY} {YY} {MM} {DD}                     the day the number is given
    {REGION:abbr} {REGION:code6} {REGION:letters}   names of the region: 沪 普 · 310107 · SH PT
    {MATTER:2}                                number of the matter, that many digits
    {SEQ:n}                                   running number, at least n digits
    {CHECK:mod37_36} {CHECK:mod10}            check character over what stands before it (ISO 7064, Luhn)

Brackets around the year are 〔〕 (GB/T 9704). Two numbers are of one *series* when they differ in date,
running number and check character only; running numbers are counted within a series and its period
(year, month, day).
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from stdnum import luhn
from stdnum.iso7064 import mod_37_36

SEGMENT = re.compile(r"\{([^{}]*)\}")
KNOWN = re.compile(r"YYYY|YY|MM|DD|REGION:(abbr|code6|letters)|MATTER:[1-9]|SEQ:[1-9]|CHECK:(mod37_36|mod10)")
DATE_FORMS = {"YYYY": "%Y", "YY": "%y", "MM": "%m", "DD": "%d"}
PERIOD_FORMS = {"YEAR": "%Y", "MONTH": "%Y%m", "DAY": "%Y%m%d", "NEVER": ""}
PERIOD_NEEDS = {"YEAR": 1, "MONTH": 2, "DAY": 3, "NEVER": 0}


class PatternError(ValueError):
    """The pattern or its context is faulty; the Chinese message says where."""


@dataclass(frozen=True, slots=True)
class Piece:
    """Constant text, or a segment with its argument (``SEQ``, ``5``)."""

    text: str = ""
    kind: str = ""
    argument: str = ""


@dataclass(frozen=True, slots=True)
class Pattern:
    """A parsed pattern."""

    text: str
    pieces: tuple[Piece, ...]

    def series(self, context: Mapping[str, Any]) -> str:
        """The name of the series: what is printed, with date, running number and check left open."""
        return "".join(_series_text(piece, context) for piece in self.pieces)

    def render(self, context: Mapping[str, Any], on: date, sequence: int) -> str:
        """The number. Raises ``PatternError`` when the context lacks something or the digits run out."""
        text = ""
        for place, piece in enumerate(self.pieces):
            if piece.kind == "CHECK":
                text += _check_character(piece.argument, text)
            elif piece.kind == "SEQ":
                text += self._digits(place, int(piece.argument), sequence)
            elif piece.kind in DATE_FORMS:
                text += on.strftime(DATE_FORMS[piece.kind])
            else:
                text += _fixed(piece, context)
        return text

    def _digits(self, place: int, width: int, sequence: int) -> str:
        text = f"{sequence:0{width}d}"
        after = self.pieces[place + 1] if place + 1 < len(self.pieces) else Piece()
        if len(text) > width and not after.text:
            raise PatternError(f"编号“{self.text}”的 {width} 位流水号已用完")
        return text


def period_of(reset: str, on: date) -> str:
    """The period a running number is counted in: 2026, 202611, 20261122, or '' when it never starts anew."""
    return on.strftime(PERIOD_FORMS[reset])


def parse(text: str) -> Pattern:
    """Parse a pattern. Raises ``PatternError`` for an unknown segment or a missing running number."""
    pieces: list[Piece] = []
    for index, part in enumerate(SEGMENT.split(text)):
        if index % 2 == 0:
            if part:
                pieces.append(Piece(text=part))
            continue
        if not KNOWN.fullmatch(part):
            raise PatternError(f"编号规则中不认识的段 {{{part}}}")
        kind, _, argument = part.partition(":")
        pieces.append(Piece(kind=kind, argument=argument))
    return Pattern(text, tuple(pieces))


def faults(text: str, reset: str) -> list[str]:
    """Everything wrong with a rule; a period the number does not show would give it twice."""
    try:
        pattern = parse(text)
    except PatternError as error:
        return [str(error)]
    found: list[str] = []
    kinds = [piece.kind for piece in pattern.pieces]
    constants = "".join(piece.text for piece in pattern.pieces)
    if kinds.count("SEQ") != 1:
        found.append("须有且只有一个流水号 {SEQ:n}")
    if re.search(r"[{}\[\]［］【】\s\x00-\x1f]", constants):
        found.append("常量中不能有空格、花括号、方括号；年份请用六角括号〔〕")
    if reset not in PERIOD_FORMS:
        return [*found, f"重置周期 {reset} 须为 YEAR、MONTH、DAY 或 NEVER"]
    shown = ({"YYYY", "YY"} & set(kinds), {"MM"} & set(kinds), {"DD"} & set(kinds))
    if not all(shown[: PERIOD_NEEDS[reset]]):
        found.append(f"按 {reset} 重新计数，但编号中没有相应的年月日，会出现重号")
    if "CHECK" in kinds and "SEQ" in kinds[kinds.index("CHECK") :]:
        found.append("校验位须在流水号之后")
    return found


def _series_text(piece: Piece, context: Mapping[str, Any]) -> str:
    if piece.kind in DATE_FORMS or piece.kind in ("SEQ", "CHECK"):
        return "{" + piece.kind + "}"
    return _fixed(piece, context)


def _fixed(piece: Piece, context: Mapping[str, Any]) -> str:
    if piece.kind == "REGION":
        return _region(piece.argument, context)
    if piece.kind == "MATTER":
        return _matter(int(piece.argument), context)
    return piece.text


def _region(name: str, context: Mapping[str, Any]) -> str:
    region = context.get("region")
    value = region.get(name) if isinstance(region, Mapping) else None
    if not value:
        raise PatternError(f"取号时缺少区的 {name}")
    return str(value)


def _matter(width: int, context: Mapping[str, Any]) -> str:
    value = str(context.get("matter") or "")
    if not (value.isascii() and value.isdigit()) or len(value) > width:
        raise PatternError(f"取号时事项码“{value}”不是 {width} 位以内的数字")
    return value.zfill(width)


def _check_character(method: str, text: str) -> str:
    if method == "mod10":
        digits = "".join(c for c in text if c in "0123456789")
        return str(luhn.calc_check_digit(digits))
    plain = "".join(c for c in text.upper() if c.isascii() and c.isalnum())
    return str(mod_37_36.calc_check_digit(plain))
