"""Read an Excel file somebody made: its headings and its rows, whatever else it holds."""

import io
import re
import zipfile
import zlib
from dataclasses import dataclass, field
from typing import Any

from python_calamine import CalamineError, CalamineWorkbook

from minfang.kernel.base.errors import Refusal
from minfang.registry.columns import Column

LARGEST_FILE = 20 * 1024 * 1024
LARGEST_CONTENT = 150 * 1024 * 1024
MOST_ROWS = 99_990
FAR_AWAY = re.compile(rb'\br="(?:[A-Z]{3,}\d|[D-Z][A-Z]\d|[A-Z]{1,2}\d{6})')  # beyond column CZ or row 99 999
HEAD_ROWS = 10
Place = tuple[int, int]


@dataclass
class Sheet:
    """The first sheet: which column stands where, and the rows below the headings by their line numbers."""

    columns: dict[int, Column]
    titles: list[str]
    rows: list[tuple[int, list[Any]]]
    merged: set[Place] = field(default_factory=set)
    unknown: list[str] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)


def read(content: bytes, wanted: tuple[Column, ...]) -> Sheet:
    """Headings and rows. Refuses what is no workbook, is too large, or has no line with our headings."""
    _check(content)
    try:
        book = CalamineWorkbook.from_filelike(io.BytesIO(content))
        found = book.get_sheet_by_index(0)
        cells = found.to_python(skip_empty_area=False)
    except (CalamineError, IndexError, ValueError) as error:
        raise _no_workbook() from error
    at = _head_of(cells, wanted)
    titles = [_title(cell) for cell in cells[at]]
    columns = _placed(titles, wanted)
    rows = [
        (line, row)
        for line, row in enumerate(cells[at + 1 :], start=at + 2)
        if any(cell not in ("", None) for cell in row)
    ]
    if len(rows) > MOST_ROWS:
        raise Refusal(
            "TOO_MANY_ROWS", f"一次最多导入 {MOST_ROWS} 行，文件有 {len(rows)} 行。", "请分成几个文件。"
        )
    there = {column.name for column in columns.values()}
    return Sheet(
        columns,
        titles,
        rows,
        _merged(found),
        [title for place, title in enumerate(titles) if title and place not in columns],
        [column.title for column in wanted if column.required and column.name not in there],
    )


def _check(content: bytes) -> None:
    """A small file may unpack to something enormous, and one cell far away spans a table of millions."""
    if len(content) > LARGEST_FILE:
        raise Refusal("FILE_TOO_LARGE", "文件超过 20 MB。", "请分成几个文件。")
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as packed:
            parts = packed.infolist()
            wide = sum(part.file_size for part in parts) > LARGEST_CONTENT or any(
                FAR_AWAY.search(packed.read(part))
                for part in parts
                if part.filename.startswith("xl/worksheets/sheet")
            )
    except (zipfile.BadZipFile, zlib.error, ValueError, NotImplementedError, RuntimeError) as error:
        raise _no_workbook() from error
    if wide:
        raise Refusal("FILE_TOO_LARGE", "文件展开后过大，不能导入。", "请删去多余的工作表和格式后重试。")


def _no_workbook() -> Refusal:
    return Refusal("NO_WORKBOOK", "文件不是 Excel 工作簿（.xlsx），或已损坏。", "请下载模板填写后上传。")


def _title(cell: Any) -> str:
    return str(cell if cell is not None else "").strip().rstrip("*＊").strip()


def _known(wanted: tuple[Column, ...]) -> dict[str, Column]:
    return {title: column for column in wanted for title in (column.title, *column.other)}


def _head_of(cells: list[list[Any]], wanted: tuple[Column, ...]) -> int:
    """The line with the headings: the first that names at least two columns, required ones among them."""
    known = _known(wanted)
    for at, row in enumerate(cells[:HEAD_ROWS]):
        found = [known[title] for title in map(_title, row) if title in known]
        if len(found) > 1 and any(column.required for column in found):
            return at
    titles = "、".join(column.title for column in wanted if column.required)
    raise Refusal("NO_HEADINGS", f"前 {HEAD_ROWS} 行里没有表头（{titles}）。", "请下载模板，按其表头填写。")


def _placed(titles: list[str], wanted: tuple[Column, ...]) -> dict[int, Column]:
    known, taken = _known(wanted), set()
    columns: dict[int, Column] = {}
    for place, title in enumerate(titles):
        column = known.get(title)
        if column is None:
            continue
        if column.name in taken:
            raise Refusal("TWO_HEADINGS", f"表头“{title}”出现了两次。", "请只保留一列。")
        taken.add(column.name)
        columns[place] = column
    return columns


def _merged(found: Any) -> set[Place]:
    """Places that lost their value because cells were merged (all but the first of each range)."""
    places: set[Place] = set()
    for (top, left), (bottom, right) in getattr(found, "merged_cell_ranges", None) or ():
        if (bottom - top + 1) * (right - left + 1) <= MOST_ROWS:
            inside = {(row, at) for row in range(top, bottom + 1) for at in range(left, right + 1)}
            places |= inside - {(top, left)}
    return places
