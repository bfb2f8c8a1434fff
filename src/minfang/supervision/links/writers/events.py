"""Rows become alarm events of other systems (feature 83)."""

from typing import Any

from django.db import transaction

from minfang.supervision.alarms.actions import receive_event
from minfang.supervision.alarms.models import ThirdEvent
from minfang.supervision.links import times
from minfang.supervision.links.mapping import EventsMapping, parse
from minfang.supervision.links.models import DataLink
from minfang.supervision.links.positions import readable
from minfang.supervision.links.writers.base import Outcome, Writer, device_names


class EventsWriter(Writer):
    """Events by their number at the source; the same number again changes nothing."""

    def __init__(self, link: DataLink, columns: list[str]) -> None:
        super().__init__(link, columns)
        found = parse(link.target, link.mapping)
        assert isinstance(found, EventsMapping)
        self.mapping = found
        self.source = f"link{link.pk}"
        self.devices = {*device_names(self.office, "device_id"), *device_names(self.office, "device_no")}
        self.instant = times.reader(found.ts_format, times.zone(link.time_zone))

    def say(self, row: tuple[Any, ...]) -> tuple[list[str], str]:
        try:
            number, payload = self._event(row)
        except ValueError as problem:
            return [], str(problem)
        return [f"事件 {number}：{payload['deviceId']} {payload['ts']} {payload.get('message', '')}"], ""

    def write(self, rows: list[tuple[Any, ...]], first: int, history: bool) -> Outcome:
        outcome = Outcome(read=len(rows))
        for number, row in enumerate(rows, first):
            try:
                self._take(row, outcome)
            except ValueError as problem:
                outcome.failed += 1
                outcome.refusals.append(self.refuse(number, row, "EVENT", str(problem)))
        return outcome

    @transaction.atomic
    def _take(self, row: tuple[Any, ...], outcome: Outcome) -> None:
        number, payload = self._event(row)
        if ThirdEvent.objects.filter(source=self.source, external_id=number).exists():
            outcome.duplicates += 1
            return
        event = receive_event(self.source, number, payload)
        if event.problem:
            raise ValueError(event.problem)
        outcome.written += 1

    def _event(self, row: tuple[Any, ...]) -> tuple[str, dict[str, Any]]:
        """The number and the message of a row; raises ``ValueError`` with the reason in words."""
        said = dict(zip(self.columns, row, strict=False))
        mapping = self.mapping
        number, device = said[mapping.external_id], str(said[mapping.device] or "")
        if number in (None, ""):
            raise ValueError("没有事件编号。")
        if device not in self.devices:
            raise ValueError(f"设备“{device}”未登记，或不在本单位管辖范围。")
        try:
            at = times.iso(self.instant(said[mapping.ts]))
        except (ValueError, TypeError, OverflowError) as error:
            raise ValueError(f"时间“{said[mapping.ts]}”无法识别。") from error
        names = {"type": mapping.type, "level": mapping.level, "message": mapping.message}
        payload = {name: readable(said[column]) for name, column in names.items() if column}
        payload |= {column: readable(said[column]) for column in mapping.rest if column not in payload}
        return str(number)[:100], {**payload, "deviceId": device, "ts": at}
