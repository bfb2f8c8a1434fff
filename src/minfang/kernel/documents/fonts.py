"""The fonts documents are set in, and which characters they can show.

Text is checked against the cmaps before anything is printed: an ideograph no font covers is annotated
with its code point, so that nobody's name is lost; any other uncovered character is refused by name.
"""

import os
import tomllib
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import typst
from django.conf import settings
from fontTools.ttLib import TTFont

from minfang.kernel.base.errors import Refusal

DEFINITION = Path(__file__).parent / "definitions" / "fonts.toml"
INVISIBLE = frozenset(map(ord, "\n\r\t\u200b\u2060\ufeff\u00ad"))
_HAN = (
    (0x3400, 0x4DBF),
    (0x4E00, 0x9FFF),
    (0xF900, 0xFAFF),
    (0x20000, 0x3FFFF),
)


class NoFonts(RuntimeError):
    """No Chinese font is installed: documents would be blank."""


@dataclass(frozen=True)
class FontSet:
    """Loaded fonts: what typst needs, the families of each style, and the code points covered."""

    loaded: typst.Fonts
    stacks: dict[str, list[str]]
    covered: frozenset[int]


@lru_cache(maxsize=1)
def definition() -> dict[str, Any]:
    """The font definition: stacks, fallbacks and folders."""
    with DEFINITION.open("rb") as file:
        return tomllib.load(file)


def folders() -> tuple[str, ...]:
    """Existing font folders: bundled, then the operator's own (``MINFANG_FONTS``), then the system's."""
    named, root = definition()["folders"], Path(settings.FONTS_ROOT)
    extra = [part for part in os.environ.get("MINFANG_FONTS", "").split(os.pathsep) if part]
    wanted = [*(str(root / name) for name in named["bundled"]), *extra, *named["system"]]
    return tuple(folder for folder in wanted if Path(folder).is_dir())


def font_set() -> FontSet:
    """The fonts of this installation, loaded once a process."""
    return load(folders())


@lru_cache(maxsize=4)
def load(paths: tuple[str, ...]) -> FontSet:
    """Load the fonts of ``paths``; raises :class:`NoFonts` when none of them is Chinese."""
    loaded = typst.Fonts(include_system_fonts=False, include_embedded_fonts=False, font_paths=list(paths))
    families = set(loaded.families())
    rare = definition()["fallback"]["families"]
    stacks = {
        style: [name for name in dict.fromkeys([*names, *rare]) if name in families]
        for style, names in definition()["stacks"].items()
    }
    covered = _covered(loaded)
    if not all(stacks.values()) or ord("民") not in covered:
        raise NoFonts(
            "no Chinese font found; run the web installation (npm) so that Noto Serif SC and Noto Sans SC "
            "are there, or name a folder in MINFANG_FONTS. Looked in: " + ", ".join(paths)
        )
    return FontSet(loaded, stacks, covered)


def _covered(loaded: typst.Fonts) -> frozenset[int]:
    """The code points some font shows; one face stands for its family."""
    points: set[int] = set()
    seen: set[str] = set()
    for face in loaded.fonts():
        if face.family in seen or face.path is None:
            continue
        seen.add(face.family)
        number = face.index if face.path.lower().endswith((".ttc", ".otc")) else -1
        with TTFont(face.path, lazy=True, fontNumber=number) as font:
            points.update(font.getBestCmap() or {})
    return frozenset(points)


def is_han(point: int) -> bool:
    """Whether a code point is a CJK ideograph of any extension."""
    return any(low <= point <= high for low, high in _HAN)


def _without_glyph(text: str, covered: frozenset[int]) -> set[str]:
    return {c for c in text if ord(c) not in covered and ord(c) not in INVISIBLE}


def annotation(character: str) -> str:
    """How an ideograph without a glyph is printed, for example 〔U+20BB7〕."""
    return f"〔U+{ord(character):04X}〕"


def named(character: str) -> str:
    """A character as a refusal names it: itself and its code point."""
    shown = character if character.isprintable() else ""
    return f"{shown}（U+{ord(character):04X}）"


@dataclass
class Printable:
    """A context made printable, and the ideographs that had to be annotated."""

    value: Any
    annotated: tuple[str, ...]


def printable(context: Any, covered: frozenset[int]) -> Printable:
    """Annotate the ideographs of a context no font shows.

    Refuses other characters without a glyph (pictures, private-use, control), naming them all at once.
    """
    annotated: set[str] = set()
    refused: set[str] = set()

    def text(value: str) -> str:
        clean = value
        for character in _without_glyph(value, covered):
            if is_han(ord(character)):
                annotated.add(character)
                clean = clean.replace(character, annotation(character))
            else:
                refused.add(character)
        return clean

    def walk(value: Any) -> Any:
        if isinstance(value, str):
            return text(value)
        if isinstance(value, dict):
            return {key: walk(item) for key, item in value.items()}
        if isinstance(value, list | tuple):
            return [walk(item) for item in value]
        return value

    result = walk(context)
    if refused:
        raise unprintable(refused)
    return Printable(result, tuple(sorted(annotated)))


def unprintable(characters: set[str]) -> Refusal:
    """The refusal that names characters which cannot be printed on an official document."""
    listed = "、".join(named(c) for c in sorted(characters)[:20])
    return Refusal(
        "UNPRINTABLE",
        f"内容中有 {len(characters)} 个字符无法印在文书上：{listed}。",
        "请删去表情、特殊符号或自造字后再试；人名地名用字请使用标准汉字编码。",
        status=422,
    )
