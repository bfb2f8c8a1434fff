"""The demonstration's stock history: a file as a retired local system leaves it, its source and its link.

Made once. The link waits to be run by hand; two rows of the file cannot be used, as in every such file.
"""

import csv
import math
from datetime import timedelta
from pathlib import Path

from django.conf import settings
from django.db import transaction

from minfang.kernel.base import clock
from minfang.kernel.iam.access import Access
from minfang.kernel.iam.models import Person
from minfang.registry.models import Device
from minfang.supervision.links.actions import links, sources
from minfang.supervision.links.models import DataSource
from minfang.supervision.links.schemas import LinkIn, SourceIn

FILE = "旧监测系统湿度存量.csv"
HEAD = ("序号", "测点编号", "采集时间", "湿度")
DEVICES, DAYS, STEP_MINUTES = 3, 5, 10
ENDED_DAYS_AGO = 20
OWNER = "gu.lianchuan"


@transaction.atomic
def ensure() -> None:
    """Put file, source and link there where no source has been set up yet."""
    owner = Person.objects.filter(username=OWNER).first()
    if owner is None or DataSource.objects.exists():
        return
    devices = list(Device.objects.filter(sensor_type="HUMI", retired_at=None).order_by("device_no")[:DEVICES])
    if not devices:
        return
    _write(Path(settings.LINK_FILES) / FILE, [device.device_id for device in devices])
    access = Access(owner)
    source = {"name": "旧监测系统（存量文件）", "kind": "CSV", "path": FILE, "note": "停用前导出。"}
    made = sources.create(access, SourceIn.model_validate(source).model_dump())
    link = {
        "source_id": made.pk,
        "name": "旧系统湿度存量",
        "mapping": {"device": "测点编号", "ts": "采集时间", "values": [{"column": "湿度", "metric": "HUMI"}]},
        "sync_kind": "INCR_ID",
    }
    links.create(access, LinkIn.model_validate(link).model_dump())


def _write(path: Path, devices: list[str]) -> None:
    """Humidity of a basement over some days: a slow swing, and two rows that went wrong."""
    path.parent.mkdir(parents=True, exist_ok=True)
    begin = clock.now() - timedelta(days=ENDED_DAYS_AGO)
    begin = begin.astimezone(clock.SHANGHAI).replace(hour=0, minute=0, second=0, microsecond=0)
    steps = DAYS * 24 * 60 // STEP_MINUTES
    rows: list[tuple[str, str, str]] = []
    for step in range(steps):
        at = f"{begin + timedelta(minutes=STEP_MINUTES * step):%Y-%m-%d %H:%M:%S}"
        day = 2 * math.pi * step * STEP_MINUTES / 1440
        rows += [(name, at, f"{68 + 3 * n + 4 * math.sin(day + n):.1f}") for n, name in enumerate(devices)]
    rows[steps // 2] = (rows[steps // 2][0], rows[steps // 2][1], "故障")
    rows[steps] = ("SD-2013-07", rows[steps][1], rows[steps][2])
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        csv.writer(file).writerows([HEAD, *((number, *row) for number, row in enumerate(rows, 1))])
