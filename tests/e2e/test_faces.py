"""Every page of every face under the strict content policy: no fault, no blocked style, no barrier."""

import re
from typing import Any

import pytest
from tests.support.pages import Traffic, barriers
from tests.support.product import Product

pytestmark = [
    pytest.mark.browser,
    pytest.mark.slow,
    pytest.mark.xdist_group("product"),
    pytest.mark.timeout(300),
]
PAGES = {
    "gu.shuyan": ["/", "/matters/BASEMENT_SYNC", "/cases", "/query", "/tools/required-area", "/sitemap"],
    "shen.jiahe": [
        "/office",
        "/office/cases",
        "/office/pushes",
        "/office/stats",
        "/office/account",
        "/m",
        "/screen",
    ],
    "zhou.min": ["/m", "/m/me", "/office/live", "/office/anomalies", "/office/links"],
    "sys.admin": [
        *("/admin/people", "/admin/flows", "/admin/limits", "/admin/calendar"),
        *("/admin/numbers", "/admin/numbers?tab=ledger", "/admin/keys", "/admin/operations"),
    ],
    "sec.admin": ["/admin/grants", "/admin/roles", "/admin/policies", "/admin/sessions", "/admin/alarms"],
    "audit.admin": ["/admin/trail", "/admin/trail-checks"],
}
SIGN_IN = """async name => {
  const token = decodeURIComponent((/minfang_csrf=([^;]*)/.exec(document.cookie) || [])[1] || '');
  const headers = {'Content-Type': 'application/json', 'X-CSRFToken': token};
  const body = JSON.stringify({username: name});
  const answer = await fetch('/api/session/demo', {method: 'POST', headers, body});
  return answer.status;
}"""
BLOCKED = re.compile("Content Security Policy|Refused to|violates")


@pytest.mark.parametrize("name", PAGES)
def test_pages_work_under_the_strict_policy(name: str, chromium: Any, product: Product) -> None:
    context = chromium.new_context(viewport={"width": 1280, "height": 720}, locale="zh-CN")
    page = context.new_page()
    page.set_default_timeout(20_000)
    told: list[str] = []
    page.on("pageerror", lambda error: told.append(f"{page.url} {error}"))
    page.on("console", lambda m: told.append(f"{page.url} {m.text}") if BLOCKED.search(m.text) else None)
    traffic = Traffic(page)
    page.goto(f"{product.url}/office/sign-in")
    assert page.evaluate(SIGN_IN, name) == 200
    found: list[Any] = []
    for path in PAGES[name]:
        traffic.go(product.url + path)
        assert page.title().endswith("上海民防一体化平台"), (path, page.title())
        found += [(path, barrier) for barrier in barriers(page)]
    context.close()
    assert told == []
    assert found == []
