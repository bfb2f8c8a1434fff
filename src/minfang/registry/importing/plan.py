"""A file judged as a whole: what it would make, change and leave, and what has to be corrected in it."""

import io
from collections import Counter
from dataclasses import dataclass
from typing import Any

from django.db import models

from minfang.kernel.base.errors import Refusal
from minfang.registry import columns, history, workbooks
from minfang.registry.importing import devices, parts, works
from minfang.registry.importing.lines import CHANGED, NEW, SAME, WRONG, Line, Scope, parse
from minfang.registry.importing.sheet import Sheet, read
from minfang.registry.models import Device, Works
from minfang.registry.parts import KINDS
from minfang.registry.schemas.importing import ImportLine, ImportPreview

SHOWN = 200
ROOMS: dict[str, Any] = {"works": works, "devices": devices, **parts.SHEETS}
MODELS: dict[str, type[models.Model]] = {
    "works": Works,
    "devices": Device,
    **{code: kind.model for code, kind in KINDS.items()},
}
PROBLEM = "问题"


@dataclass
class Plan:
    """The judged lines of a file."""

    kind: str
    sheet: Sheet
    lines: list[Line]

    def of(self, *verdicts: str) -> list[Line]:
        """The lines with these verdicts, in the order of the file."""
        return [line for line in self.lines if line.verdict in verdicts]


def judge(kind: str, content: bytes, scope: Scope) -> Plan:
    """Read a file and judge every row; nothing is written."""
    title, everything = columns.SHEETS[kind]
    wanted = tuple(column for column in everything if not column.exported)
    sheet = read(content, wanted)
    if sheet.missing:
        names = "、".join(sheet.missing)
        raise Refusal("NO_HEADINGS", f"缺少必填列：{names}。", f"请按{title}模板补上这些列。")
    room = ROOMS[kind]
    lines = parse(sheet, *getattr(room, "KEYS", (room.KEY,)))
    room.resolve(lines, scope)
    return Plan(kind, sheet, lines)


def preview(plan: Plan) -> ImportPreview:
    """What a person decides by: counts, wrong rows first, then what is new and what changes."""
    counts = Counter(line.verdict for line in plan.lines)
    shown = [*plan.of(WRONG), *plan.of(CHANGED), *plan.of(NEW)][:SHOWN]
    return ImportPreview(
        total=len(plan.lines),
        new=counts[NEW],
        changed=counts[CHANGED],
        same=counts[SAME],
        wrong=counts[WRONG],
        ignored=[
            title for title in plan.sheet.unknown if title != PROBLEM and title not in _known_out(plan.kind)
        ],
        lines=[_line(plan.kind, line) for line in shown],
    )


def _known_out(kind: str) -> set[str]:
    return {column.title for column in columns.SHEETS[kind][1] if column.exported}


def _line(kind: str, line: Line) -> ImportLine:
    model = MODELS[kind]
    return ImportLine(
        number=line.number,
        verdict=line.verdict,
        key=str(line.values.get(ROOMS[kind].KEY, "")),
        name=str(line.values.get("name", "")),
        notes=[f"{title}：{text}" for title, text in line.problems]
        or [
            f"{history.label(model, name)}：{history.words(model, name, line.before[name]) or '（空）'} → "
            f"{history.words(model, name, value)}"
            for name, value in line.after.items()
        ],
    )


def wrong_rows(plan: Plan) -> bytes:
    """The rows to be corrected as a file with their problems beside them; corrected, it is imported again."""
    out = io.BytesIO()
    book = workbooks.book(out)
    sheet = book.add_worksheet(columns.SHEETS[plan.kind][0])
    head = book.add_format({"bold": True, "bg_color": "#EAF1FB", "bottom": 1})
    bad = book.add_format({"bg_color": "#FDECEA", "text_wrap": True})
    day = book.add_format({"num_format": "yyyy-mm-dd"})
    titles = [title for title in plan.sheet.titles if title != PROBLEM]
    keep = [at for at, title in enumerate(plan.sheet.titles) if title != PROBLEM]
    sheet.set_column(0, len(titles), 16)
    sheet.set_column(len(titles), len(titles), 60)
    for at, title in enumerate([*titles, PROBLEM]):
        sheet.write_string(0, at, title, head)
    for row, line in enumerate(plan.of(WRONG), start=1):
        for at, place in enumerate(keep):
            cell: Any = line.cells[place] if place < len(line.cells) else None
            workbooks.cell(sheet, row, at, cell, day)
        text = "；".join(f"{title}：{problem}" for title, problem in line.problems)
        sheet.write_string(row, len(titles), text, bad)
    book.close()
    return out.getvalue()
