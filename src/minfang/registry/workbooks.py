"""Works and devices as Excel files, with the columns they are imported by."""

import io
from collections.abc import Iterable, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import xlsxwriter
from django.db import models

from minfang.kernel.base import clock
from minfang.registry import columns
from minfang.registry.columns import Column
from minfang.registry.queries.works import district_name

KIND = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
MOST = 50_000
NO_FORMULAS = {"strings_to_formulas": False, "strings_to_urls": False, "constant_memory": True}


def book(out: io.BytesIO) -> Any:
    """A workbook in which no text becomes a formula or a link."""
    return xlsxwriter.Workbook(out, NO_FORMULAS)


def export(kind: str, rows: Iterable[models.Model]) -> bytes:
    """Works or devices as a file that may be corrected and imported again."""
    out = io.BytesIO()
    written = book(out)
    title, wanted = columns.SHEETS[kind]
    sheet = written.add_worksheet(title)
    day = written.add_format({"num_format": "yyyy-mm-dd"})
    _head(written, sheet, wanted)
    for line, row in enumerate(rows, start=1):
        for at, column in enumerate(wanted):
            cell(sheet, line, at, _value(row, column), day)
    written.close()
    return out.getvalue()


def template(kind: str) -> bytes:
    """An empty file with headings, and a second sheet that says what each column takes."""
    out = io.BytesIO()
    written = book(out)
    title, everything = columns.SHEETS[kind]
    wanted = [column for column in everything if not column.exported]
    _head(written, written.add_worksheet(title), wanted)
    notes = written.add_worksheet("填写说明")
    notes.set_column(0, 1, 14)
    notes.set_column(2, 2, 70)
    for line, cells in enumerate([("列", "必填", "说明"), *map(_note, wanted)]):
        for at, text in enumerate(cells):
            notes.write_string(line, at, text)
    written.close()
    return out.getvalue()


def _note(column: Column) -> tuple[str, str, str]:
    allowed = "、".join(column.labels.values())
    text = f"可填：{allowed}" if allowed else column.hint
    return column.title, "是" if column.required else "", text


def _head(written: Any, sheet: Any, wanted: Sequence[Column]) -> None:
    head = written.add_format({"bold": True, "bg_color": "#EAF1FB", "bottom": 1})
    sheet.set_column(0, len(wanted), 16)
    sheet.freeze_panes(1, 1)
    for at, column in enumerate(wanted):
        sheet.write_string(0, at, column.title, head)


def _value(row: models.Model, column: Column) -> Any:
    if column.name == "district_code":
        return district_name(row.district_code)  # type: ignore[attr-defined]
    if column.name.startswith("design."):
        return row.design.get(column.name.removeprefix("design."))  # type: ignore[attr-defined]
    value = getattr(row, column.name)
    if column.choices == "yes_no":
        value = "YES" if value else "NO"
    if column.choices:
        return column.labels.get(value, value)
    if column.by:
        return getattr(value, column.by) if value else ""
    return str(value) if isinstance(value, models.Model) else value


def cell(sheet: Any, line: int, at: int, value: Any, day: Any) -> None:
    """One value as what it is: day, number or text."""
    if value is None or value == "":
        return
    if isinstance(value, datetime) and value.tzinfo is not None:
        sheet.write_string(line, at, value.astimezone(clock.SHANGHAI).strftime("%Y-%m-%d %H:%M:%S"))
    elif isinstance(value, date):
        sheet.write_datetime(line, at, value, day)
    elif isinstance(value, int | float | Decimal) and not isinstance(value, bool):
        sheet.write_number(line, at, float(value))
    else:
        sheet.write_string(line, at, str(value))
