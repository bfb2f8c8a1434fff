"""Staff sign in with two factors in a real browser, and confirm who they are without losing anything."""

import os
import re
import subprocess
import sys
from typing import Any

import pytest
from tests.support.product import ROOT, Product

from minfang.kernel.iam import totp

pytestmark = [
    pytest.mark.browser,
    pytest.mark.slow,
    pytest.mark.xdist_group("product"),
    pytest.mark.timeout(300),
]
PASSWORD = "Correct-Horse-7"
REFUSAL = '{"code": "FRESH_AUTH_NEEDED", "message": "须再次确认。", "hint": "", "fields": [], "trace_id": ""}'


@pytest.fixture
def page(product: Product, chromium: Any) -> Any:
    context = chromium.new_context(viewport={"width": 1440, "height": 900}, locale="zh-CN")
    page = context.new_page()
    page.set_default_timeout(30_000)
    yield page
    context.close()


def give_password(product: Product, username: str) -> None:
    """As documented for demonstrations: ``minfang password NAME --keep``."""
    inherited = {k: v for k, v in os.environ.items() if k not in ("DATABASE_URL", "MINFANG_TEST_HOME")}
    subprocess.run(
        [sys.executable, "-m", "minfang.project.cli", "password", username, "--keep"],
        cwd=ROOT,
        env={
            **inherited,
            "MINFANG_HOME": str(product.home),
            "MINFANG_DEMO": "1",
            "MINFANG_NEW_PASSWORD": PASSWORD,
        },
        check=True,
        capture_output=True,
    )


def first_step(page: Any, product: Product, username: str) -> None:
    page.goto(f"{product.url}/office/sign-in")
    page.get_by_label("用户名", exact=True).fill(username)
    page.get_by_label("密码", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="登录", exact=True).click()


def test_password_then_code_then_certificate(product: Product, page: Any) -> None:
    give_password(product, "liang.muyun")
    first_step(page, product, "liang.muyun")
    secret = page.locator(".setup code").inner_text().replace(" ", "")
    page.get_by_label("动态口令").fill(totp.code_at(secret, totp.step_now()))
    page.get_by_role("button", name="完成登记").click()
    page.wait_for_url(re.compile(r"/office/?$"))

    page.goto(f"{product.url}/office/account")
    page.get_by_role("button", name=re.compile("绑定软证书")).click()
    page.get_by_text("已绑定证书").wait_for()
    page.get_by_text("本次登录").wait_for()

    asked: list[int] = []

    def refuse_once(route: Any) -> None:
        asked.append(1)
        if len(asked) == 1:
            route.fulfill(status=403, content_type="application/json", body=REFUSAL)
        else:
            route.continue_()

    page.route("**/api/account/totp", refuse_once)
    page.get_by_role("button", name="移除").click()
    page.get_by_role("dialog").get_by_role("button", name="移除").click()
    page.get_by_role("button", name="用数字证书确认").click()
    page.get_by_text("已移除动态口令").wait_for()
    assert len(asked) == 2

    second = page.context.browser.new_context()
    other = second.new_page()
    other.set_default_timeout(30_000)
    first_step(other, product, "liang.muyun")
    other.get_by_role("button", name="用数字证书登录").click()
    other.wait_for_url(re.compile(r"/office/?$"))
    second.close()

    page.reload()
    page.get_by_text("同一账号已从").wait_for()


def test_the_mobile_container_opens_the_office_with_a_ticket(product: Product, page: Any) -> None:
    page.goto(f"{product.sandbox}/gov-cloud/?to={product.url}/m")
    page.get_by_role("button", name=re.compile("范知远")).click()
    page.get_by_role("heading", name="待我办理").wait_for()
    assert "ticket" not in page.url
