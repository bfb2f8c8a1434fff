"""The form content of a case beside that of its earlier rounds, for the officer who has read the first."""

from typing import Any

from minfang.kernel.forms.engine import FormEngine
from minfang.services.matters import engine_of
from minfang.services.models import Case
from minfang.services.schemas import ComparedGroup, ComparedRow

KINDS = {"added": "ADDED", "row_added": "ADDED", "removed": "REMOVED", "row_removed": "REMOVED"}


def groups(case: Case) -> list[ComparedGroup]:
    """All groups of the form with the values of every round; what changed last is marked."""
    engine = engine_of(case.matter_version_id)
    rounds = [row.form_data for row in case.rounds.order_by("round")] or [case.form_data]
    sections = [engine.presentation(data, mask=True) for data in rounds]
    changes = engine.diff(rounds[-2], rounds[-1]) if len(rounds) > 1 else []
    kinds = {change.path: KINDS.get(change.kind, "MODIFIED") for change in changes}
    notes = _notes(engine, rounds[-1])
    made = []
    for section in sections[-1]:
        earlier = [_same(part, section["key"]) for part in sections[:-1]]
        rows = [_scalar(row, earlier, kinds, notes) for row in section["rows"]]
        for table in section["tables"]:
            rows += _lines(table, [_table(part, table["path"]) for part in earlier], kinds, notes)
        changed = sum(1 for row in rows if row.kind)
        made.append(ComparedGroup(key=section["key"], title=section["title"], changes=changed, rows=rows))
    return made


def _notes(engine: FormEngine, data: dict[str, Any]) -> dict[str, tuple[str, str]]:
    """What the system found at each path: the message and its level."""
    return {found.path: (found.message, found.level) for found in engine.findings(data)}


def _same(sections: list[dict[str, Any]], key: str) -> dict[str, Any] | None:
    return next((part for part in sections if part["key"] == key), None)


def _table(section: dict[str, Any] | None, path: str) -> dict[str, Any] | None:
    return next((t for t in section["tables"] if t["path"] == path), None) if section else None


def _scalar(
    row: dict[str, str],
    earlier: list[dict[str, Any] | None],
    kinds: dict[str, str],
    notes: dict[str, tuple[str, str]],
) -> ComparedRow:
    before = [
        next((r["value"] for r in part["rows"] if r["path"] == row["path"]), "") if part else ""
        for part in earlier
    ]
    check, level = notes.get(row["path"], ("", ""))
    return ComparedRow(
        path=row["path"],
        label=row["label"],
        unit=row["unit"],
        values=[*before, row["value"]],
        kind=kinds.get(row["path"], ""),
        check=check,
        check_level=level,
    )


def _lines(
    table: dict[str, Any],
    earlier: list[dict[str, Any] | None],
    kinds: dict[str, str],
    notes: dict[str, tuple[str, str]],
) -> list[ComparedRow]:
    """A line of a sub-table becomes one row: its first cell names it, the others are its value."""
    counts = [len(t["rows"]) if t else 0 for t in earlier]
    rows = []
    for index in range(max([len(table["rows"]), *counts])):
        path = f"{table['path']}.{index}"
        kind = next((k for p, k in kinds.items() if p == path or p.startswith(f"{path}.")), "")
        check, level = next(((m, v) for p, (m, v) in notes.items() if p.startswith(f"{path}.")), ("", ""))
        rows.append(
            ComparedRow(
                path=path,
                label=f"{table['title']} {index + 1}",
                unit="",
                values=[*(_line(t, index) for t in earlier), _line(table, index)],
                kind=kind,
                check=check,
                check_level=level,
            )
        )
    return rows


def _line(table: dict[str, Any] | None, index: int) -> str:
    if table is None or index >= len(table["rows"]):
        return ""
    cells = []
    for column, cell in zip(table["columns"], table["rows"][index], strict=True):
        if cell:
            cells.append(f"{column['label']} {cell}{(' ' + column['unit']) if column['unit'] else ''}")
    return "；".join(cells)
