"""Everything wrong with a filled-in form, each thing named in Chinese with what to do about it."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice

from minfang.kernel.expressions import ExpressionError
from minfang.kernel.forms.compiled import Check, Field
from minfang.kernel.forms.evaluation import Evaluation, Row, is_required, missing
from minfang.kernel.forms.wording import fill


@dataclass(frozen=True, slots=True)
class Finding:
    """A wrong or doubtful value. ``level`` is error (must be put right) or warning (may stand)."""

    path: str
    label: str
    message: str
    level: str = "error"
    basis: str = ""


def findings(seen: Evaluation, step: str | None = None) -> Iterator[Finding]:
    """All findings of one step or of the whole form, in the order of the form."""
    for f in seen.visible_fields(step):
        if f.path in seen.faults:
            yield Finding(f.path, f.label, seen.faults[f.path])
            continue
        if missing(f, seen.facts):
            if is_required(f, seen.facts, seen.functions):
                yield Finding(f.path, f.label, _please(seen, f))
            continue
        if f.options_group:
            yield from _group_mismatch(seen, f)
        if f.is_table:
            yield from _table(seen, f)
        yield from (_named(found, f.path, f.label) for found in _checks(seen, f, None, None))


def _please(seen: Evaluation, f: Field) -> str:
    if f.computed:
        needed = [source for path, source in seen.form.fields.items() if path in f.decisive_names()]
        lacking = [
            source.label
            for source in needed
            if source.path not in seen.hidden and missing(source, seen.facts)
        ]
        return f"{f.label}尚不能核算，请先填写{'、'.join(lacking) or '有关内容'}。"
    if f.is_table:
        return f"请至少填写一行{f.label}。"
    if f.type == "boolean":
        return f"请就“{f.label}”选择是或否。"
    verb = "选择" if f.type in ("enum", "multi_enum", "date") else "填写"
    return f"请{verb}{f.label}。"


def _group_mismatch(seen: Evaluation, f: Field) -> Iterator[Finding]:
    chosen, group = f.options[seen.facts[f.path]], seen.facts.get(f.options_group)
    if chosen.group and group and chosen.group != group:
        other = seen.form.fields[f.options_group].label
        yield Finding(f.path, f.label, f"{f.label}“{chosen.label}”不属于所选{other}，请重新选择。")


def _table(seen: Evaluation, f: Field) -> Iterator[Finding]:
    rows = seen.rows.get(f.path, [])
    if rows and len(rows) < f.min_rows:
        yield Finding(f.path, f.label, f"{f.label}至少填写 {f.min_rows} 行，现有 {len(rows)} 行，请补充。")
    for number, row in enumerate(rows):
        where, name = f"{f.path}.{number}", f"{f.label} 第{number + 1}行"
        if row.is_unreadable:
            yield Finding(where, name, row.faults[""])
            continue
        for unknown in islice(row.kept.keys() - f.by_path.keys(), 3):
            yield Finding(where, name, unknown_item(unknown))
        for column in f.columns:
            if column.path not in row.hidden:
                found = _cell(seen, f, column, row)
                yield from (_named(x, f"{where}.{column.path}", f"{name} {column.label}") for x in found)


def _cell(seen: Evaluation, f: Field, column: Field, row: Row) -> Iterator[Finding]:
    if column.path in row.faults:
        yield Finding("", "", row.faults[column.path])
        return
    facts = seen.row_facts(row) if column.checks or not isinstance(column.required, bool) else seen.facts
    if not missing(column, row.facts):
        yield from _checks(seen, column, f, row)
    elif is_required(column, facts, seen.functions):
        yield Finding("", "", _please(seen, column))


def _checks(seen: Evaluation, f: Field, table: Field | None, row: Row | None) -> Iterator[Finding]:
    if not f.checks:
        return
    facts = seen.row_facts(row) if row else seen.facts
    for check in f.checks:
        try:
            broken = check.rule.evaluate(facts, seen.functions) is False
        except ExpressionError as error:
            yield Finding("", "", f"{f.label}无法核对：{error}。", _level(check), check.basis)
            continue
        if broken:
            message = fill(check.message, seen.form, table, facts, seen.functions)
            yield Finding("", "", message, _level(check), check.basis)


def _level(check: Check) -> str:
    return "error" if check.is_error else "warning"


def _named(found: Finding, path: str, label: str) -> Finding:
    return Finding(path, label, found.message, found.level, found.basis)


def unknown_item(key: object) -> str:
    """What to say of a key the form does not know; the key itself may be anything."""
    shown = str(key)[:40].encode("utf-8", "replace").decode()
    return f"表单中没有“{shown}”这一项，请刷新页面后重新填写。"
