"""An administrator of the watching wing at work: a unit, devices from a file, a link set up and run."""

import csv
import re
from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import xlsxwriter
from playwright.sync_api import expect
from python_calamine import CalamineWorkbook
from tests.support.pages import Window, all_barriers
from tests.support.product import Product

pytestmark = [
    pytest.mark.browser,
    pytest.mark.slow,
    pytest.mark.xdist_group("product"),
    pytest.mark.timeout(300),
]
NO = "RF-310106-GY-2009-0003"
HEAD = ["设备编号", "通信标识", "工程编号", "名称", "类型"]


def workbook(path: Path, rows: Sequence[Sequence[Any]]) -> Path:
    """A file as people make it."""
    book = xlsxwriter.Workbook(str(path))
    sheet = book.add_worksheet()
    for at, row in enumerate(rows):
        sheet.write_row(at, 0, row)
    book.close()
    return path


@pytest.mark.feature(82)
@pytest.mark.feature(85)
def test_a_unit_is_corrected_devices_imported_and_a_link_set_up_and_run(
    chromium: Any, product: Product, tmp_path: Path
) -> None:
    officer = Window(chromium, product, "gu.lianchuan", (1366, 768))
    page = officer.page
    expect.set_options(timeout=40_000)
    correct_a_unit(page, product)
    import_devices(page, product, tmp_path)
    copy_a_history(page, product)
    officer.close()


@pytest.mark.feature(81)
@pytest.mark.feature(83)
def test_what_arrives_is_watched_and_a_third_system_let_in(chromium: Any, product: Product) -> None:
    officer = Window(chromium, product, "gu.lianchuan", (1366, 768))
    page = officer.go("/links?tab=arrival")
    page.get_by_role("region", name="来源表").get_by_text("正常").first.wait_for()
    assert all_barriers(page) == []
    for part in ("隔离读数", "无法识别的报文", "第三方系统"):
        page.get_by_role("navigation", name="接入内容").get_by_role("link", name=part).click()
        page.get_by_role("region", name=part).first.wait_for()
        assert all_barriers(page) == []
    page.get_by_role("button", name="登记系统").click()
    dialog = page.get_by_role("dialog", name="登记第三方系统")
    dialog.get_by_label("来源编码").fill("Fire 119")
    dialog.get_by_role("button", name="登记并生成密钥").click()
    dialog.get_by_text("请填写名称").wait_for()
    dialog.get_by_text("请用 2–28 位小写字母").wait_for()
    assert all_barriers(page) == []
    dialog.get_by_label("名称").fill("消防远程监控")
    dialog.get_by_label("来源编码").fill("e2e-fire")
    dialog.get_by_role("button", name="登记并生成密钥").click()
    given = page.get_by_role("dialog", name="e2e-fire 的密钥")
    assert len(given.locator("code").inner_text()) >= 40
    assert all_barriers(page) == []
    given.get_by_role("button", name="已保存密钥").click()
    page.get_by_role("row", name=re.compile("e2e-fire")).get_by_role("button", name="停用").click()
    page.get_by_role("dialog").get_by_role("button", name="停用").click()
    page.get_by_role("row", name=re.compile("e2e-fire")).get_by_role("button", name="启用").wait_for()
    officer.close()


def correct_a_unit(page: Any, product: Product) -> None:
    """Find a work, correct how many people a unit shelters, and see it in the history."""
    page.goto(f"{product.url}/office/works?keyword={NO}")
    page.get_by_role("link", name="延平公用民防工程").click()
    page.get_by_role("tab", name="单元与楼层").click()
    page.get_by_role("button", name="修改防护单元一").click()
    form = page.get_by_role("dialog")
    form.get_by_label("掩蔽人数").fill("988")
    form.get_by_label("理由").fill("复核图纸")
    assert all_barriers(page) == []
    form.get_by_role("button", name="保存").click()
    expect(page.get_by_role("cell", name="988", exact=True)).to_be_visible()
    assert all_barriers(page) == []
    page.get_by_role("tab", name="变更记录").click()
    expect(page.locator("#work-tab tbody tr").first).to_contain_text("掩蔽人数")
    expect(page.locator("#work-tab tbody tr").first).to_contain_text("复核图纸")


def import_devices(page: Any, product: Product, folder: Path) -> None:
    """Two rows are refused in words; corrected in the list of wrong rows they are imported."""
    rows = [[f"{NO}-S-TEMP-{n}", f"e2e-{n}", NO, "温度", "TEMP"] for n in range(901, 905)]
    rows[1][4], rows[2][2] = "湿敏", "RF-310106-GY-1900-0001"
    page.goto(f"{product.url}/office/devices")
    page.get_by_role("button", name="导入").click()
    dialog = page.get_by_role("dialog")
    dialog.locator("input[type=file]").set_input_files(workbook(folder / "设备.xlsx", [HEAD, *rows]))
    expect(dialog.get_by_text("湿敏", exact=False)).to_be_visible()
    expect(dialog.get_by_text("您可管理的工程", exact=False)).to_be_visible()
    assert all_barriers(page) == []
    with page.expect_download() as taken:
        dialog.get_by_role("button", name="下载错误清单").click()
    taken.value.save_as(folder / "wrong.xlsx")
    dialog.get_by_role("button", name="只导入正确的 2 行").click()
    expect(dialog.get_by_text("已新增 2", exact=False)).to_be_visible()
    wrong: Any = CalamineWorkbook.from_path(str(folder / "wrong.xlsx")).get_sheet_by_index(0).to_python()
    wrong[1][4], wrong[2][2] = "温度", NO
    dialog.locator("input[type=file]").set_input_files(workbook(folder / "改正.xlsx", wrong))
    dialog.get_by_role("button", name="导入 2 行").click()
    expect(dialog.get_by_text("已新增 2", exact=False)).to_be_visible()
    dialog.get_by_role("button", name="关闭").last.click()
    page.goto(f"{product.url}/office/devices?keyword=e2e-90")
    expect(page.locator("table.grid tbody tr")).to_have_count(4)
    assert all_barriers(page) == []


def copy_a_history(page: Any, product: Product) -> None:
    """A file of readings becomes a source, a link with its mapping, and a run with its counts."""
    (product.home / "imports").mkdir(exist_ok=True)
    begin = datetime(2026, 3, 1, 8)  # noqa: DTZ001 -- the file has local times
    with (product.home / "imports" / "e2e.csv").open("w", encoding="utf-8", newline="") as file:
        lines = ((f"e2e-{901 + n % 4}", begin + timedelta(minutes=n), 18 + n % 5) for n in range(300))
        csv.writer(file).writerows([("dev", "at", "temp"), *lines])
    page.goto(f"{product.url}/office/links")
    page.get_by_role("button", name="新建数据源").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("名称").fill("历史读数文件")
    dialog.get_by_label("类型").select_option("CSV")
    dialog.get_by_label("文件").fill("e2e.csv")
    dialog.get_by_role("button", name="保存").click()
    expect(page.get_by_role("dialog", name=re.compile("测试连接"))).to_be_visible()
    page.keyboard.press("Escape")
    page.get_by_role("row", name=re.compile("历史读数文件")).get_by_role("link", name="新建链路").click()
    page.wait_for_url("**/links/new**")
    page.get_by_label("链路名称").fill("历史读数")
    page.get_by_label("同步类型").select_option("FULL")
    for field, column in (("设备", "dev"), ("时间", "at"), ("数值", "temp")):
        page.get_by_label(field, exact=True).select_option(column)
    page.get_by_label("指定类型").select_option("TEMP")
    page.get_by_role("button", name="用示例行试运行").click()
    expect(page.get_by_text("20 行示例中 20 行可以入库", exact=False)).to_be_visible()
    assert all_barriers(page) == []
    page.get_by_role("button", name="保存链路").click()
    link = page.get_by_role("row", name=re.compile("历史读数"))
    link.get_by_role("button", name="启动").click()
    assert all_barriers(page) == []
    link.get_by_role("link", name="记录").click()
    run = page.get_by_role("row", name=re.compile("历史读数"))
    expect(run).to_contain_text("成功", timeout=60_000)
    assert run.get_by_role("cell", name="300").count() >= 2
    assert all_barriers(page) == []
    page.goto(f"{product.url}/office/links?tab=links")
    page.get_by_role("link", name="历史读数", exact=True).click()
    expect(page.get_by_label("设备", exact=True)).to_have_value("dev")
    expect(page.get_by_label("数值", exact=True)).to_have_value("temp")
    expect(page.get_by_role("alert")).to_have_count(0)
