"""XML from outside as a plain tree that knows its lines; entities, DTDs and floods are refused."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from io import BytesIO
from typing import Any
from xml.sax import SAXParseException
from xml.sax.handler import ContentHandler, feature_namespaces

from defusedxml import DefusedXmlException  # type: ignore[import-untyped]
from defusedxml.sax import make_parser  # type: ignore[import-untyped]

LARGEST = 2 * 1024 * 1024
DEEPEST = 60
MOST_ELEMENTS = 20_000


class XmlFault(Exception):
    """The file is not XML that may be read; ``line`` is 0 where no line is known."""

    def __init__(self, message: str, line: int = 0) -> None:
        super().__init__(message)
        self.line = line


@dataclass
class Element:
    """One element: namespace and name apart, attributes by (namespace, name)."""

    space: str
    tag: str
    line: int
    attributes: dict[tuple[str, str], str] = field(default_factory=dict)
    children: list["Element"] = field(default_factory=list)
    text: str = ""

    def get(self, name: str, space: str = "") -> str:
        """An attribute, or nothing."""
        return self.attributes.get((space, name), "")

    def all(self, space: str, *tags: str) -> Iterator["Element"]:
        """Children of these names."""
        return (child for child in self.children if child.space == space and child.tag in tags)

    def first(self, space: str, tag: str) -> "Element | None":
        """The first child of that name."""
        return next(self.all(space, tag), None)


class _Builder(ContentHandler):
    def __init__(self) -> None:
        super().__init__()
        self.root: Element | None = None
        self._open: list[Element] = []
        self._count = 0
        self._locator: Any = None

    def setDocumentLocator(self, locator: Any) -> None:  # noqa: N802
        self._locator = locator

    def startElementNS(self, name: Any, qname: Any, attrs: Any) -> None:  # noqa: N802
        line = self._locator.getLineNumber() or 0
        self._count += 1
        if self._count > MOST_ELEMENTS or len(self._open) > DEEPEST:
            raise XmlFault("文件的元素太多或嵌套太深，不是流程图文件。", line)
        found = {(space or "", local): value for (space, local), value in attrs.items()}
        element = Element(name[0] or "", name[1], line, found)
        if self._open:
            self._open[-1].children.append(element)
        else:
            self.root = element
        self._open.append(element)

    def endElementNS(self, name: Any, qname: Any) -> None:  # noqa: N802
        self._open.pop()

    def characters(self, content: str) -> None:
        self._open[-1].text += content


def read(content: bytes) -> Element:
    """The root element; raises ``XmlFault`` with words for the person who sent the file."""
    if len(content) > LARGEST:
        raise XmlFault(f"文件超过 {LARGEST // 1024 // 1024} MB，不是流程图文件。")
    parser: Any = make_parser()
    parser.forbid_dtd = parser.forbid_entities = parser.forbid_external = True
    parser.setFeature(feature_namespaces, True)
    builder = _Builder()
    parser.setContentHandler(builder)
    try:
        parser.parse(BytesIO(content))
    except DefusedXmlException as error:
        message = "文件含有 DTD 或实体声明，为防止外部实体攻击不予读取。"
        raise XmlFault(message, getattr(builder._locator, "getLineNumber", int)() or 0) from error
    except SAXParseException as error:
        raise XmlFault("文件不是完整的 XML，此处无法读下去。", error.getLineNumber() or 0) from error
    except (ValueError, LookupError) as error:
        raise XmlFault("文件的字符编码无法识别，请另存为 UTF-8。") from error
    if builder.root is None:
        raise XmlFault("文件是空的。")
    return builder.root
