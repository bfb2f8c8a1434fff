"""A rule written in the browser as a sentence: made, seen ahead, published, tried on stored history."""

from typing import Any

import pytest
from tests.support.pages import Window, all_barriers
from tests.support.product import Product

pytestmark = [
    pytest.mark.browser,
    pytest.mark.slow,
    pytest.mark.xdist_group("product"),
    pytest.mark.timeout(300),
]


def word(page: Any, label: str) -> Any:
    """The card behind a word of the sentence, opened."""
    page.get_by_role("button", name=f"{label}：").first.click()
    return page.get_by_role("group", name=label)


@pytest.mark.feature(90, 91)
def test_an_officer_writes_a_rule_as_a_sentence_and_tries_it(chromium: Any, product: Product) -> None:
    officer = Window(chromium, product, "gu.lianchuan", (1280, 720))
    page = officer.go("/rules")
    make(page)
    write(page)
    assert all_barriers(page) == []
    publish(page)
    try_it(page)
    assert all_barriers(page) == []
    officer.close()


def make(page: Any) -> None:
    page.get_by_role("button", name="新建规则").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("规则编号").fill("TEMP-NIGHT")
    dialog.get_by_label("名称").fill("夜间机房温度")
    dialog.get_by_role("button", name="建立草稿").click()
    page.get_by_role("heading", name="未来 14 天").wait_for()


def write(page: Any) -> None:
    card = word(page, "触发条件")
    card.get_by_label("数值数值").fill("60")
    page.keyboard.press("Escape")
    card = word(page, "持续时长")
    card.get_by_role("spinbutton").fill("10")
    page.keyboard.press("Escape")
    card = word(page, "监测时段与时间")
    card.get_by_role("combobox").select_option("WORKDAY")
    card.get_by_label("第 1 段开始").fill("22:00")
    card.get_by_label("第 1 段结束").fill("06:00")
    page.keyboard.press("Escape")
    card = word(page, "推送对象与方式")
    card.get_by_label("按级别缺省").uncheck()
    card.get_by_label("市级值守").check()
    card.get_by_label("方式").select_option("SMS")
    page.keyboard.press("Escape")
    card = word(page, "确认与处置时限")
    card.get_by_label("确认", exact=True).fill("15")
    page.keyboard.press("Escape")
    sentence = page.locator(".sentence").inner_text()
    for words in (
        "高于 60 ℃",
        "持续 10 分钟",
        "工作日 22:00–次日 06:00",
        "市级值守、管理单位，以站内消息和短信",
    ):
        assert words in sentence
    assert "15 分钟内确认" in sentence
    assert "15 分钟未确认报所在区" in sentence
    page.get_by_role("row", name="未确认").wait_for()
    page.get_by_text("22:00–24:00").first.wait_for()


def publish(page: Any) -> None:
    page.get_by_role("button", name="发布…").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("理由").fill("夜间无人，需及时告知值守")
    dialog.get_by_role("button", name="确认发布").click()
    page.get_by_text("已发布，新版本随即生效").wait_for()


def try_it(page: Any) -> None:
    page.get_by_role("link", name="回测").click()
    page.get_by_role("button", name="以历史数据回测").click()
    page.get_by_role("rowheader", name="会产生预警").wait_for()
    assert "条，日均" in page.get_by_role("row", name="会产生预警").inner_text()
