"""CSV and Excel files of the folder for imports."""

import csv
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from types import TracebackType
from typing import Any, TextIO

from python_calamine import CalamineError, CalamineWorkbook

from minfang.kernel.base.errors import Refusal
from minfang.supervision.links import addresses
from minfang.supervision.links.definitions import limits
from minfang.supervision.links.models import DataLink, DataSource, SourceKind
from minfang.supervision.links.readers.base import Page, Row
from minfang.supervision.links.readers.scanned import ScannedReader
from minfang.supervision.links.refusals import unusable

ENCODINGS = ("utf-8-sig", "gb18030")
BEGINNING = 65536


class FileReader(ScannedReader):
    """Rows of a file by the names in its first line; a run goes on behind the row it came to."""

    def __init__(self, link: DataLink, source: DataSource) -> None:
        super().__init__(link, source)
        self.path: Path

    def __enter__(self) -> "FileReader":
        self.path = addresses.file_below(self.source.path or "")
        if self.path.stat().st_size > limits()["file_bytes"]:
            raise unusable("FILE_TOO_LARGE", "文件太大。", "请拆分后再导入。")
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        return None

    def _numbered(self, skip: int = 0) -> Iterator[tuple[int, Row]]:
        rows = lines(self.source, self.path)
        head = [str(name).strip() for name in next(rows, [])]
        missing = [name for name in self.columns if name not in head]
        if missing:
            raise Refusal(
                "NO_COLUMN",
                f"文件中没有字段：{'、'.join(missing)}。",
                "请重新预览并检查字段映射。",
                status=422,
            )
        places = [head.index(name) for name in self.columns]
        for ordinal, row in enumerate(islice(rows, skip, None), skip + 1):
            yield ordinal, tuple(row[n] if n < len(row) else None for n in places)

    def pages(self, position: dict[str, Any]) -> Iterator[Page]:
        yield from self.chosen(self._numbered(position["rows"]), position)

    def count(self, position: dict[str, Any], whole: bool = False) -> int | None:
        begin = {key: value for key, value in position.items() if key == "lower"}
        end = None if whole else position["rows"]
        numbered = ((n, row) for n, row in self._numbered() if end is None or n <= end)
        return sum(len(page.rows) for page in self.chosen(numbered, {**begin, "rows": 0}))


def lines(source: DataSource, path: Path) -> Iterator[list[Any]]:
    """The rows of a file, the first of which holds the names."""
    if source.kind == SourceKind.XLSX:
        yield from _sheet(source, path)
        return
    with _opened(source, path) as file:
        reader = csv.reader(file, delimiter=source.options.get("delimiter") or ",")
        try:
            for row in reader:
                if row:
                    yield row
        except csv.Error as error:
            raise Refusal(
                "FILE_UNREADABLE",
                f"CSV 第 {reader.line_num} 行无法识别。",
                "请检查引号和分隔符。",
                status=422,
            ) from error
        except UnicodeDecodeError as error:
            raise _encoding() from error


def _sheet(source: DataSource, path: Path) -> Iterator[list[Any]]:
    try:
        book = CalamineWorkbook.from_path(str(path))
        name = source.options.get("sheet")
        sheet = book.get_sheet_by_name(name) if name else book.get_sheet_by_index(0)
    except (CalamineError, OSError) as error:
        message = "Excel 文件或工作表打不开。"
        raise unusable("FILE_UNREADABLE", message, "请核对工作表名称，另存为 xlsx 后再试。") from error
    for row in sheet.iter_rows():
        yield [None if cell == "" else cell for cell in row]


def _opened(source: DataSource, path: Path) -> TextIO:
    chosen = source.options.get("encoding")
    for encoding in [chosen] if chosen in ENCODINGS else ENCODINGS:
        with path.open(encoding=encoding) as probe:
            try:
                probe.read(BEGINNING)
            except UnicodeDecodeError:
                continue
        return path.open(encoding=encoding, newline="")
    raise _encoding()


def _encoding() -> Refusal:
    return unusable("ENCODING", "文件编码不是 UTF-8 或 GB18030。", "请另存为 UTF-8 编码的 CSV。")
