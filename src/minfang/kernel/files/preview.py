"""Word documents as plain, harmless HTML. Runs in the checking process, free of the framework."""

import html
import io
from html.parser import HTMLParser
from typing import BinaryIO

import mammoth  # type: ignore[import-untyped]

_HEADINGS = ("h1", "h2", "h3", "h4", "h5", "h6")
_TEXT_TAGS = ("p", "br", "strong", "em", "b", "i", "u", "s", "sup", "sub", "a")
_BLOCK_TAGS = ("ul", "ol", "li", "table", "thead", "tbody", "tr", "td", "th", "img")
_TAGS = frozenset(_HEADINGS + _TEXT_TAGS + _BLOCK_TAGS)
_EMPTY = frozenset({"br", "img"})
_DROPPED_WITH_CONTENT = frozenset({"script", "style", "iframe", "object", "svg", "math", "template"})
_PICTURES = ("data:image/png;base64,", "data:image/jpeg;base64,", "data:image/gif;base64,")
_SPANS = frozenset({"colspan", "rowspan"})


class _Plain(HTMLParser):
    """Keeps known tags and, of their attributes, spans, alternative texts and embedded pictures."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.out: list[str] = []
        self.silent = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in _DROPPED_WITH_CONTENT:
            self.silent += 1
        if self.silent or tag not in _TAGS:
            return
        kept = "".join(f' {n}="{html.escape(v or "")}"' for n, v in attrs if _harmless(tag, n, v or ""))
        self.out.append(f"<{tag}{kept}>")

    def handle_endtag(self, tag: str) -> None:
        if tag in _DROPPED_WITH_CONTENT:
            self.silent = max(0, self.silent - 1)
        elif not self.silent and tag in _TAGS and tag not in _EMPTY:
            self.out.append(f"</{tag}>")

    def handle_data(self, data: str) -> None:
        if not self.silent:
            self.out.append(html.escape(data))


def _harmless(tag: str, name: str, value: str) -> bool:
    if name in _SPANS:
        return tag in ("td", "th") and value.isdigit()
    if tag != "img":
        return False
    return name == "alt" or (name == "src" and value.startswith(_PICTURES))


def plain(markup: str) -> str:
    """Only the harmless part of a piece of HTML; links lose their targets."""
    reader = _Plain()
    reader.feed(markup)
    reader.close()
    return "".join(reader.out)


def of_word(content: BinaryIO) -> str:
    """The body of a Word document (docx) as harmless HTML."""
    content.seek(0)
    held = io.BytesIO(content.read())  # an open file would be asked for its name
    return plain(mammoth.convert_to_html(held, external_file_access=False).value)
