"""Exports of history: CSV streamed from a server-side cursor, flat in memory; workbooks for smaller ones."""

import csv
import io
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import xlsxwriter
from django.db import connection, transaction

from minfang.kernel.audit.actions import record
from minfang.kernel.base.errors import Refusal
from minfang.kernel.iam.access import Access
from minfang.supervision.ledger import wanted
from minfang.supervision.ledger.definitions import limits
from minfang.supervision.ledger.queries import known, place_of
from minfang.supervision.ledger.wanted import Chosen, Stretch
from minfang.supervision.telemetry.models import Quality, Series

HEAD = ["工程", "位置", "设备编号", "设备名称", "类型", "单位", "时间", "数值", "质量", "接收时间"]
EXPORT = "iot.export"
ROWS = """
SELECT series_id, to_char(ts AT TIME ZONE 'Asia/Shanghai', 'YYYY-MM-DD HH24:MI:SS.MS'), value, quality,
       to_char(received_at AT TIME ZONE 'Asia/Shanghai', 'YYYY-MM-DD HH24:MI:SS')
FROM tel_reading WHERE series_id = ANY(%s) AND ts >= %s AND ts < %s{where} ORDER BY ts, series_id
"""
COUNT = "SELECT count(*) FROM tel_reading WHERE series_id = ANY(%s) AND ts >= %s AND ts < %s{where}"
Line = list[Any]


@transaction.atomic
def prepare(access: Access, listed: str, chosen: Chosen, time: Stretch, most: int) -> "Export":
    """Check what is asked for and write it to the trail; refuses more rows than ``most``."""
    ids = wanted.numbers(access, listed, EXPORT) if listed else []
    rows = wanted.series(access, chosen, EXPORT) if not listed else Series.objects.filter(pk__in=ids)
    series = list(rows.select_related("device__works", "device__unit", "device__floor", "device__room"))
    export = Export(series, time)
    count = export.count()
    if count > most:
        raise Refusal(
            "TOO_MANY",
            f"共 {count} 行，超过一次导出的上限 {most} 行。",
            "请缩短时间范围或减少数据序列；超过 10 万行请用 CSV。",
            status=422,
        )
    span = f"{time.since:%Y-%m-%d %H:%M}—{time.until:%Y-%m-%d %H:%M}（UTC）"
    summary = f"导出感知数据 {count} 行，{len(series)} 个序列，{span}"
    record("telemetry.exported", person=access.person, target="telemetry:ledger", summary=summary)
    return export


class Export:
    """The readings of some series in a stretch of time."""

    def __init__(self, series: list[Series], time: Stretch) -> None:
        self.time = time
        self.heads = {row.pk: _head(row) for row in series}
        self.where, self.values = time.where()

    def _arguments(self) -> list[Any]:
        return [list(self.heads), self.time.since, self.time.until, *self.values]

    def count(self) -> int:
        """How many rows it has."""
        with connection.cursor() as cursor:
            cursor.execute(COUNT.format(where=self.where), self._arguments())
            return int(cursor.fetchone()[0])

    def lines(self) -> Iterator[list[Line]]:
        """The rows in order of time, a few thousand at once."""
        labels = {quality.value: quality.label for quality in Quality}
        sql = ROWS.format(where=self.where)
        with transaction.atomic(), connection.chunked_cursor() as cursor:
            cursor.execute(sql, self._arguments())
            while rows := cursor.fetchmany(limits()["batch"]):
                yield [
                    [*self.heads[number], at, value, labels[quality], received]
                    for number, at, value, quality, received in rows
                ]

    def as_csv(self) -> Iterator[bytes]:
        """CSV with a byte order mark, piece by piece."""
        yield ("\ufeff" + ",".join(HEAD) + "\r\n").encode()
        for lines in self.lines():
            out = io.StringIO()
            csv.writer(out).writerows(lines)
            yield out.getvalue().encode()

    def as_workbook(self) -> bytes:
        """An Excel file; rows go to disk while they are written."""
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "ledger.xlsx"
            options = {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
            book = xlsxwriter.Workbook(str(path), options)
            sheet = book.add_worksheet("感知数据")
            sheet.write_row(0, 0, HEAD, book.add_format({"bold": True}))
            sheet.freeze_panes(1, 0)
            at = 1
            for lines in self.lines():
                for line in lines:
                    sheet.write_row(at, 0, line)
                    at += 1
            book.close()
            return path.read_bytes()


def _head(row: Series) -> list[str]:
    """What is the same in all rows of a series; texts of people never become formulas."""
    device, metric = row.device, known(row.metric)
    words = [device.works.name, place_of(device), device.device_no, device.name, metric.name, metric.unit]
    return [f"'{word}" if word[:1] in ("=", "+", "-", "@", "\t", "\r") else word for word in words]
