"""The system administrator draws a process in the browser, publishes it, and new cases would use it."""

import re
from pathlib import Path
from typing import Any

import pytest
from tests.support.pages import barriers
from tests.support.product import Product

pytestmark = [
    pytest.mark.browser,
    pytest.mark.slow,
    pytest.mark.xdist_group("product"),
    pytest.mark.timeout(300),
]


def accessible(page: Any) -> None:
    """No serious accessibility fault on the present page."""
    serious = barriers(page, ["wcag2a", "wcag2aa"], without=[".djs-container"])
    assert serious == [], (page.url, serious)


def publish(page: Any, reason: str) -> None:
    """Publish the draft that is open."""
    page.get_by_role("button", name="发布", exact=True).click()
    page.get_by_label("发布说明").fill(reason)
    page.get_by_role("dialog").get_by_role("button", name="发布").click()
    page.wait_for_url(re.compile("/flows/of/"))
    page.get_by_text(reason).wait_for()


def copy_of(page: Any, product: Product, path: str, folder: Path) -> None:
    """A process of its own, from the BPMN file of another: other tests use that one."""
    page.goto(f"{product.url}{path}")
    page.get_by_role("link", name="第 1 版").click()
    link = page.get_by_role("link", name="下载 BPMN")
    link.wait_for()
    file = folder / "process.bpmn"
    file.write_bytes(page.request.get(product.url + link.get_attribute("href")).body())
    page.goto(f"{product.url}/admin/flows")
    page.get_by_role("button", name="导入 BPMN").click()
    page.locator("#bpmn-file").set_input_files(file)
    page.locator("#bpmn-code").fill("DESIGNER_TEST")
    page.get_by_role("button", name="读入").click()
    page.get_by_text("全部内容都已带入").wait_for()
    accessible(page)
    page.get_by_role("button", name="打开草稿").click()
    page.wait_for_url(re.compile(r"/flows/drafts/\d+"))
    publish(page, "初版")


@pytest.mark.feature(28)
def test_a_process_is_designed_checked_and_published(chromium: Any, product: Product, tmp_path: Path) -> None:
    context = chromium.new_context(viewport={"width": 1440, "height": 900}, locale="zh-CN")
    page = context.new_page()
    page.set_default_timeout(20_000)
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.goto(f"{product.url}/office/sign-in?to=/admin/flows")
    page.get_by_role("button", name=re.compile("系统管理员")).first.click()
    page.wait_for_url(re.compile("^[^?]*/admin/"))
    page.goto(f"{product.url}/admin/flows")

    district = page.get_by_role("link", name=re.compile("防空地下室.*区级"))
    district.first.wait_for()
    accessible(page)
    copy_of(page, product, district.first.get_attribute("href"), tmp_path)
    page.get_by_role("button", name="新建草稿", exact=True).click()
    page.wait_for_url(re.compile(r"/flows/drafts/\d+"))
    page.get_by_text("取自第 1 版").wait_for()

    # with the keyboard: a step behind 科长审核, without a role: told at the step, not publishable
    head = page.locator('.row[data-code="N40_CHECK"]')
    head.click()
    head.press("Insert")
    page.get_by_text(re.compile("没有办理角色")).first.wait_for()
    assert page.get_by_role("button", name="发布", exact=True).is_disabled()
    page.get_by_label("名称").fill("法规复核")
    page.get_by_label("名称").press("Tab")
    page.get_by_label("办理角色").select_option(label="科室负责人")
    page.get_by_text("检查通过").wait_for()
    page.get_by_role("button", name=re.compile("法规复核")).first.wait_for()
    accessible(page)

    # the same draft as a drawing, and back
    page.get_by_role("tab", name="BPMN 画图").click()
    drawn = page.locator('.djs-element[data-element-id="N20_ACCEPT"]')
    drawn.wait_for()
    page.wait_for_timeout(500)
    drawn.click()
    assert page.locator(".bjs-powered-by").is_visible()
    assert page.get_by_label("名称").input_value() == "受理审查"
    page.get_by_label("名称").fill("受理复审")
    page.get_by_label("名称").press("Tab")
    page.get_by_role("tab", name="步骤清单").click()
    page.locator('.row[data-code="N20_ACCEPT"]', has_text="受理复审").wait_for()

    page.get_by_role("tab", name="试走").click()
    page.get_by_role("heading", name="现在的待办").wait_for()
    page.locator("#design").get_by_role("button", name="收件").click()
    page.locator("#design").get_by_text("预审通过").wait_for()
    accessible(page)

    publish(page, "增加法规复核")
    page.get_by_label("选择第 1 版").check()
    page.get_by_label("选择第 2 版").check()
    page.get_by_role("button", name="比较所选两版").click()
    page.get_by_text("新增办理步骤“法规复核”").wait_for()
    accessible(page)
    assert errors == []
    context.close()
