"""A table as an Excel workbook: what was counted, when, and how, beside the figures themselves."""

import io
from typing import Any

import xlsxwriter

from minfang.kernel.datasets.tables import Table

FORMATS = {"count": "#,##0", "percent": "0.0%", "number": "#,##0.0"}
NO_FIGURE = "—"


def export(table: Table) -> bytes:
    """The whole table with its totals; texts never start a formula."""
    out = io.BytesIO()
    options = {"strings_to_formulas": False, "strings_to_urls": False, "in_memory": True}
    book = xlsxwriter.Workbook(out, options)
    _figures(book, table)
    _basis(book, table)
    book.close()
    return out.getvalue()


def _figures(book: Any, table: Table) -> None:
    sheet = book.add_worksheet("统计")
    head = book.add_format({"bold": True, "bg_color": "#F7F9FB", "bottom": 1})
    cells = [book.add_format({"num_format": FORMATS.get(c.format, "General")}) for c in table.measures]
    totals = [
        book.add_format({"num_format": FORMATS.get(c.format, "General"), "bold": True, "top": 1})
        for c in table.measures
    ]
    sheet.write_string(0, 0, table.title, book.add_format({"bold": True, "font_size": 14}))
    sheet.write_string(1, 0, "；".join([f"数据时刻 {table.as_of:%Y-%m-%d %H:%M}", *table.conditions]))
    wide = max(len(table.dimensions), 1)
    titles = [c.title for c in table.dimensions] or ["范围"]
    titles += [f"{c.title}（{c.unit}）" if c.unit else c.title for c in table.measures]
    sheet.write_row(3, 0, titles, head)
    for line, row in enumerate(table.rows, start=4):
        for at, label in enumerate(row.labels or ("全部",)):
            sheet.write_string(line, at, label)
        _numbers(sheet, line, wide, row.values, cells)
    line = 4 + len(table.rows)
    sheet.write_string(line, 0, "合计", book.add_format({"bold": True, "top": 1}))
    _numbers(sheet, line, wide, table.totals, totals)
    sheet.freeze_panes(4, wide)
    sheet.set_column(0, wide - 1, 18)
    sheet.set_column(wide, wide + len(table.measures), 15)


def _numbers(sheet: Any, line: int, start: int, values: tuple[Any, ...], formats: list[Any]) -> None:
    for at, (value, form) in enumerate(zip(values, formats, strict=True), start=start):
        if value is None:
            sheet.write_string(line, at, NO_FIGURE, form)
        else:
            sheet.write_number(line, at, value, form)


def _basis(book: Any, table: Table) -> None:
    sheet = book.add_worksheet("口径")
    sheet.write_row(0, 0, ["指标", "单位", "统计口径"], book.add_format({"bold": True, "bottom": 1}))
    for line, column in enumerate(table.measures, start=1):
        for at, text in enumerate((column.title, column.unit, column.basis)):
            sheet.write_string(line, at, text)
    sheet.set_column(0, 1, 14)
    sheet.set_column(2, 2, 80)
