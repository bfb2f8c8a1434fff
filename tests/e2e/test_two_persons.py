"""A role given in the browsers of two security administrators, and an account made by the third kind."""

import re
from typing import Any

import pytest
from tests.e2e.test_faces import SIGN_IN
from tests.support.product import Product

pytestmark = [
    pytest.mark.browser,
    pytest.mark.slow,
    pytest.mark.xdist_group("product"),
    pytest.mark.timeout(300),
]


def at(chromium: Any, product: Product, name: str, path: str) -> Any:
    """A browser of this person at a page of the administrators."""
    page = chromium.new_context(viewport={"width": 1280, "height": 720}, locale="zh-CN").new_page()
    page.set_default_timeout(20_000)
    page.goto(f"{product.url}/office/sign-in")
    assert page.evaluate(SIGN_IN, name) == 200
    page.goto(f"{product.url}/admin/{path}")
    return page


def test_one_proposes_and_another_agrees(chromium: Any, product: Product) -> None:
    first = at(chromium, product, "sec.admin", "grants")
    first.get_by_role("button", name="提出授权").click()
    first.get_by_label("人员").first.fill("qiao.an")
    first.keyboard.press("Tab")
    first.get_by_role("button", name="乔安").click()
    first.get_by_label("角色").select_option("handler")
    first.get_by_label("授权单位").select_option(label="市国动办")
    first.locator("#grant-reason").fill("岗位调整，兼任经办")
    first.get_by_role("button", name="提交复核").click()
    waiting = first.locator("tr", has_text="qiao.an")
    waiting.get_by_role("button", name="撤回").wait_for()
    assert waiting.get_by_role("button", name="同意", exact=True).count() == 0
    second = at(chromium, product, "sec.second", "grants")
    second.get_by_role("button", name="同意", exact=True).click()
    second.locator("dialog").get_by_role("button", name="同意").click()
    second.get_by_text("没有等待复核的授权申请。").wait_for()
    second.get_by_role("tab", name="全部申请").click()
    assert "已生效" in second.locator("tr", has_text="qiao.an").inner_text()
    change_the_policy(first, second, product)
    first.context.close()
    second.context.close()


def change_the_policy(first: Any, second: Any, product: Product) -> None:
    """A value of the security policy: asked for by one, in force only when the other has agreed."""
    label = "授权、安全策略申请等待复核的期限"
    first.goto(f"{product.url}/admin/policies")
    line = first.locator("section[aria-label=策略] tr", has_text=label)
    line.get_by_role("button", name=re.compile("提出调整")).click()
    first.locator("#policy-value").fill("9")
    first.locator("#policy-reason").fill("节前复核人手少")
    first.get_by_role("button", name="提交复核").click()
    asked = first.locator("section[aria-label=调整申请] tr", has_text=label)
    asked.get_by_role("button", name="撤回").wait_for()
    assert asked.get_by_role("button", name="同意", exact=True).count() == 0
    assert "7 天" in line.inner_text()
    second.goto(f"{product.url}/admin/policies")
    second.get_by_role("button", name="同意", exact=True).click()
    second.locator("dialog").get_by_role("button", name="同意").click()
    second.get_by_text("没有等待复核的调整。").wait_for()
    second.locator("section[aria-label=策略] tr", has_text=label).get_by_text("9 天").wait_for()
    history = second.locator("section[aria-labelledby=policy-history] tr", has_text=label)
    assert "节前复核人手少" in history.inner_text()


def test_an_account_is_made_with_a_password_shown_once(chromium: Any, product: Product) -> None:
    page = at(chromium, product, "sys.admin", "people")
    page.get_by_role("button", name="新建账号").click()
    page.locator("#account-username").fill("Zhao.Min")
    page.locator("#account-name").fill("赵敏")
    page.locator("#account-place").select_option(label="市国动办 · 行政审批处")
    page.locator("#account-mobile").fill("13912345678")
    page.locator("#account-reason").fill("新入职")
    page.get_by_role("button", name="新建", exact=True).click()
    assert len(page.locator(".password").inner_text()) >= 12
    page.get_by_role("button", name="已告知，关闭").click()
    page.locator("#people-words").fill("zhao.min")
    page.keyboard.press("Enter")
    row = page.locator("tr", has_text="zhao.min")
    row.wait_for()
    assert "139****5678" in row.inner_text()
    assert page.locator(".password").count() == 0
    page.context.close()
