"""Rows of a file as parts of works."""

import re
from collections import defaultdict
from dataclasses import dataclass
from typing import Any

from minfang.registry import columns
from minfang.registry.importing.lines import Line, Scope, by_names, compare, refer
from minfang.registry.models import Enterprise, Entrance, Floor, ProtectiveUnit, Room, Works
from minfang.registry.parts import KINDS, PartKind, number_faults, part_faults

DESIGN = "design."
REFERRED: dict[str, tuple[str, Any, tuple[str, ...]]] = {
    "floor": ("该工程的楼层", Floor, ("code", "name")),
    "unit": ("该工程的防护单元", ProtectiveUnit, ("unit_no", "name")),
    "room": ("该工程的房间", Room, ("room_no", "name")),
    "entrance": ("该工程的口部", Entrance, ("entrance_no", "name")),
}


@dataclass
class PartSheet:
    """How files of one kind of part are judged."""

    kind: PartKind

    @property
    def KEY(self) -> str:  # noqa: N802 -- named as the modules of works and devices name theirs
        return self.kind.number

    @property
    def KEYS(self) -> tuple[str, ...]:  # noqa: N802
        return ("works", self.KEY) if self.kind.code == "floor" else (self.KEY,)

    def resolve(self, lines: list[Line], scope: Scope) -> None:
        """Tell of every row which part it makes or changes."""
        numbers = {line.values["works"] for line in lines if "works" in line.values}
        works = {row.works_no: row for row in Works.objects.filter(scope.works, works_no__in=numbers)}
        known = _Known(self.kind, works, lines)
        for line in lines:
            self._one(line, known)

    def _one(self, line: Line, known: "_Known") -> None:
        titles = {column.name: column.title for column in columns.SHEETS[self.kind.code][1]}
        wanted = _values(line)
        works = refer(line, titles["works"], wanted.pop("works", None), known.works.get, "您可管理的工程")
        if works is None:
            return
        for name, names in known.places.items():
            if name in wanted:
                what = REFERRED[name][0] if name in REFERRED else titles[name]
                places = names[works.pk if name in REFERRED else 0]
                inside = f"{getattr(wanted.get('unit'), 'pk', '')}/{wanted[name]}"
                text = inside if inside in places else wanted[name]
                wanted[name] = refer(line, titles[name], text, places.get, what)
        stored = known.stored.get(_key(self.kind, works.pk, str(wanted.get(self.KEY, ""))))
        self._check(line, stored, works, wanted, titles)
        if line.problems:
            return
        if stored is None:
            line.row = self.kind.model(works=works, **_filled(self.kind, wanted))
        else:
            stored.works = works
            compare(line, stored, _merged(wanted, stored))

    def _check(
        self, line: Line, stored: Any, works: Works, wanted: dict[str, Any], titles: dict[str, str]
    ) -> None:
        if stored is not None and stored.works_id != works.pk:
            line.wrong(titles["works"], "该编号已登记在别的工程。")
            return
        if stored is not None and stored.retired_at is not None:
            line.wrong(titles[self.KEY], "已停用，请先在工程页恢复。")
        if stored is not None and wanted.get("category") not in (None, getattr(stored, "category", None)):
            line.wrong(titles["category"], "已登记为另一类设备，不能改类。")
        faults = [] if stored or self.KEY not in wanted else number_faults(self.kind, works, wanted[self.KEY])
        names = [name for name in titles if name != "works" and not name.startswith(DESIGN)]
        facts = {name: wanted.get(name) or getattr(stored, name, None) for name in names}
        facts["design"] = wanted.get("design")
        if self.kind.code == "entrance":
            facts["rank"] = facts["rank"] or "MAIN"
        for problem in [*faults, *part_faults(self.kind, facts)]:
            line.wrong(problem.label, problem.message)


@dataclass
class _Known:
    """What rows may refer to: read once for the whole file."""

    kind: PartKind
    works: dict[str, Works]
    lines: list[Line]

    def __post_init__(self) -> None:
        keys = [row.pk for row in self.works.values()]
        self.places: dict[str, dict[int, dict[str, Any]]] = {}
        for name, (_, model, names) in REFERRED.items():
            if name in self.kind.fields:
                rows = defaultdict(list)
                for row in model.objects.filter(works_id__in=keys):
                    rows[row.works_id].append(row)
                found: dict[int, dict[str, Any]] = defaultdict(dict)
                found.update({pk: _named(there, names) for pk, there in rows.items()})
                self.places[name] = found
        if "maker" in self.kind.fields:
            self.places["maker"] = {0: by_names(Enterprise.objects.all(), "name", "uscc")}
        number = self.kind.number
        wanted = {line.values[number] for line in self.lines if number in line.values}
        asked = self.kind.model.every.filter(**{f"{number}__in": wanted})
        if self.kind.code == "floor":
            asked = asked.filter(works_id__in=keys)
        self.stored = {
            _key(self.kind, row.works_id, getattr(row, number)): row
            for row in asked.select_related("works", *self.kind.references)
        }


def _named(rows: list[Any], names: tuple[str, ...]) -> dict[str, Any]:
    """Places by number and name; a name that several units have (进风机房) by its unit as well."""
    within = {f"{row.unit_id}/{row.name}": row for row in rows if getattr(row, "unit_id", None)}
    return {**within, **by_names(rows, *names)}


def _key(kind: PartKind, works_id: int, number: str) -> tuple[int, str]:
    """Floors are numbered within a work, everything else throughout the city."""
    return (works_id if kind.code == "floor" else 0, number)


def _values(line: Line) -> dict[str, Any]:
    """The values of a row, design values gathered, yes and no as such."""
    wanted = {name: value for name, value in line.values.items() if not name.startswith(DESIGN)}
    design = {
        name.removeprefix(DESIGN): float(value)
        for name, value in line.values.items()
        if name.startswith(DESIGN)
    }
    if design:
        wanted["design"] = design
    if "special" in wanted:
        wanted["special"] = wanted["special"] == "YES"
    return wanted


def _merged(wanted: dict[str, Any], stored: Any) -> dict[str, Any]:
    if "design" not in wanted:
        return wanted
    return {**wanted, "design": {**stored.design, **wanted["design"]}}


def _filled(kind: PartKind, wanted: dict[str, Any]) -> dict[str, Any]:
    """What a new part is made of; units come in the order of their numbers unless told otherwise."""
    filled = {name: value for name, value in wanted.items() if value is not None}
    tail = re.search(r"(\d{1,3})$", str(wanted.get(kind.number, "")))
    if kind.code == "unit" and tail:
        filled.setdefault("position", int(tail[1]))
    return filled


SHEETS = {code: PartSheet(kind) for code, kind in KINDS.items()}
