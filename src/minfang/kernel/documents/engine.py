"""Set PDFs with typst: fonts loaded once, data passed as JSON, the file system closed.

A template is typst text that imports only ``/lib/*.typ`` of this room and reads its data from there; no
value ever becomes source. ``anchor`` marks of a template come back as places on the page, so that a seal
lands where the date was set.
"""

import json
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import typst

from minfang.kernel.base import clock
from minfang.kernel.base.errors import Refusal
from minfang.kernel.documents import fonts

ROOT = Path(__file__).parent / "definitions"
PDF_STANDARD: Literal["a-2b"] = "a-2b"
_IMPORT = re.compile(r"\b(import|include)\b(?!\s*\"/lib/[a-z_]+\.typ\")")
_MARKS_PLACES = re.compile(r"/lib/gongwen\.typ|\banchor\b")
_FORBIDDEN = re.compile(r"\b(eval|plugin|read)\s*\(")


class TemplateError(Exception):
    """A template that does not compile with this context; the text names the place in the template."""


@dataclass(frozen=True)
class Anchor:
    """A marked place: page from 1, millimetres from the left and upper edge of the page."""

    page: int
    x: float
    y: float


@dataclass(frozen=True)
class Rendered:
    """A finished PDF (PDF/A-2b), its marked places, and ideographs printed as 〔U+…〕."""

    pdf: bytes
    anchors: dict[str, Anchor] = field(default_factory=dict)
    annotated: tuple[str, ...] = ()


def check_source(source: str) -> None:
    """Refuse a template that could reach beyond its data: foreign imports, ``eval``, ``plugin``, ``read``."""
    text = re.sub(r"/\*.*?\*/|(?<!:)//[^\n]*", "", source, flags=re.DOTALL)
    found = _IMPORT.search(text) or _FORBIDDEN.search(text)
    if found:
        raise Refusal(
            "TEMPLATE_UNSAFE",
            f"模板中不得使用“{found.group(0).strip()}”：只可引用 /lib/ 下的版式库。",
            "请改用版式库提供的函数后重新发布。",
            status=422,
        )


def _inputs(context: dict[str, Any], stacks: dict[str, list[str]]) -> dict[str, str]:
    return {
        "data": json.dumps(context, ensure_ascii=False, default=str),
        "fonts": json.dumps(stacks, ensure_ascii=False),
    }


def compile_with(source: str, context: dict[str, Any], font_set: fonts.FontSet, at: int) -> Rendered:
    """Set ``source`` with these fonts; ``at`` is the Unix time written into the PDF."""
    data = fonts.printable(context, font_set.covered)
    common: dict[str, Any] = {
        "root": str(ROOT),
        "font_paths": font_set.loaded,
        "ignore_system_fonts": True,
        "sys_inputs": _inputs(data.value, font_set.stacks),
    }
    content = source.encode()
    try:
        pdf = typst.compile(content, format="pdf", pdf_standards=[PDF_STANDARD], timestamp=at, **common)
        marks = []
        if _MARKS_PLACES.search(source):  # asking for them lays the whole document out a second time
            marks = json.loads(typst.query(content, "<anchor>", field="value", **common))
    except typst.TypstError as error:
        raise TemplateError(error.diagnostic or error.message) from error
    anchors = {mark["name"]: Anchor(mark["page"], mark["x"], mark["y"]) for mark in marks}
    return Rendered(pdf, anchors, data.annotated)


def render(source: str, context: dict[str, Any]) -> Rendered:
    """Set a template with this installation's fonts.

    Raises :class:`Refusal` for characters that cannot be printed, :class:`TemplateError` for a template
    that does not fit its context.
    """
    return compile_with(source, context, fonts.font_set(), int(clock.now().timestamp()))


def render_pdf(source: str, context: dict[str, Any]) -> bytes:
    """The PDF of a template, see :func:`render`."""
    return render(source, context).pdf
