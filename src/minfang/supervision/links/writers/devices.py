"""Rows become devices of the register (feature 82), judged as an imported file is."""

import io
from typing import Any

import xlsxwriter

from minfang.kernel.iam.models import OrganizationKind
from minfang.registry import columns as register
from minfang.registry.actions.importing import carry_out
from minfang.registry.importing.lines import SAME, WRONG, Line, Scope
from minfang.registry.importing.plan import Plan, judge
from minfang.registry.models.works import CITY_WIDE, OF_A_DISTRICT
from minfang.supervision.links.mapping import DevicesMapping, parse
from minfang.supervision.links.models import DataLink
from minfang.supervision.links.positions import readable
from minfang.supervision.links.writers.base import Outcome, Writer, in_scope


class DevicesWriter(Writer):
    """Devices by their number: new ones are entered, changed ones changed, the same left as they are."""

    def __init__(self, link: DataLink, columns: list[str]) -> None:
        super().__init__(link, columns)
        found = parse(link.target, link.mapping)
        assert isinstance(found, DevicesMapping)
        titles = {column.name: column.title for column in register.SHEETS["devices"][1]}
        self.fields = {titles[name]: column for name, column in found.fields.items() if name in titles}
        self.scope = self._scope()

    def _scope(self) -> Scope:
        """Devices are entered only in works the source's office looks after."""
        office = self.office
        district = office.district_code if office.kind in OF_A_DISTRICT else ""
        keeper = office.pk if office.kind == OrganizationKind.MAINTENANCE_RESPONSIBLE else None
        return Scope(
            in_scope(office, ""),
            office.kind in CITY_WIDE,
            frozenset({district} if district else ()),
            frozenset({keeper} if keeper else ()),
            self.link.created_by,
        )

    def say(self, row: tuple[Any, ...]) -> tuple[list[str], str]:
        (line,) = self._judged([row]).lines
        words = f"{line.values.get('device_no', '')} {line.values.get('name', '')}"
        return ([], _problems(line)) if line.verdict == WRONG else ([f"设备 {words}"], "")

    def write(self, rows: list[tuple[Any, ...]], first: int, history: bool) -> Outcome:
        content = self._sheet(rows)
        plan = judge("devices", content, self.scope)
        wrong = plan.of(WRONG)
        outcome = Outcome(read=len(rows), failed=len(wrong), duplicates=len(plan.of(SAME)))
        for line in wrong:
            at = line.number - 2
            outcome.refusals.append(self.refuse(first + at, rows[at], "DEVICE", _problems(line)))
        done = carry_out("devices", content, self.scope, only_good=True)
        outcome.written = done.made + done.changed
        return outcome

    def _judged(self, rows: list[tuple[Any, ...]]) -> Plan:
        return judge("devices", self._sheet(rows), self.scope)

    def _sheet(self, rows: list[tuple[Any, ...]]) -> bytes:
        """The rows as the file a person would import."""
        places = [self.columns.index(column) for column in self.fields.values()]
        out = io.BytesIO()
        options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
        book = xlsxwriter.Workbook(out, options)
        sheet = book.add_worksheet()
        sheet.write_row(0, 0, list(self.fields))
        for number, row in enumerate(rows, 1):
            sheet.write_row(number, 0, ["" if row[n] is None else readable(row[n]) for n in places])
        book.close()
        return out.getvalue()


def _problems(line: Line) -> str:
    return "；".join(f"{title}：{text}" for title, text in line.problems)
