"""Works and devices: files of ten thousand rows, pages of five hundred."""

import io
from typing import Any

import xlsxwriter

from bench.load import User, timed_page
from bench.measure import Result, times_of
from bench.world import World, session_of, works_for_measuring

ROWS, PAGE = 10_000, 500
IMPORT_TARGET, PAGE_TARGET = 10.0, 0.1
WORKS_NO = "RF-310101-GY-2026-9998"


def imports(_: World) -> list[Result]:
    """Ten thousand devices and ten thousand works from a file: judged row by row and written."""
    works_for_measuring(WORKS_NO)
    devices: list[list[Any]] = [
        ["设备编号", "通信标识", "工程编号", "名称", "类型"],
        *([f"{WORKS_NO}-S-TEMP-{n:05d}", f"reg-{n}", WORKS_NO, "温度", "TEMP"] for n in range(ROWS)),
    ]
    works: list[list[Any]] = [
        ["工程编号", "工程名称", "类别", "管理层级", "区", "建筑面积"],
        *([f"RF-310106-JJ-2024-{n:05d}", f"工程{n}", "结建", "区管", "静安区", 3000] for n in range(ROWS)),
    ]
    return [_import("devices", "导入一万台设备", devices), _import("works", "导入一万个工程", works)]


def pages(world: World) -> list[Result]:
    """A page of five hundred devices over HTTP; after the import there are ten thousand."""
    from minfang.kernel.iam.models import Person

    user = User(world.url, session_of(Person.objects.get(username="gu.lianchuan")))
    path = f"/api/office/devices?sort=works&page=2&size={PAGE}"
    return [timed_page(user, "设备清单 500 行", path, PAGE_TARGET)]


def _import(kind: str, name: str, rows: list[list[Any]]) -> Result:
    from minfang.registry.actions import importing
    from minfang.registry.importing.lines import Scope

    content = _workbook(rows)
    (seconds,) = times_of(
        lambda: importing.carry_out(kind, content, Scope.whole(), only_good=False), 1, warm=0
    )
    return Result(name, seconds, "s", IMPORT_TARGET, note=f"{len(content) // 1024} KB")


def _workbook(rows: list[list[Any]]) -> bytes:
    out = io.BytesIO()
    book = xlsxwriter.Workbook(out, {"constant_memory": True})
    sheet = book.add_worksheet()
    for at, row in enumerate(rows):
        sheet.write_row(at, 0, row)
    book.close()
    return out.getvalue()
