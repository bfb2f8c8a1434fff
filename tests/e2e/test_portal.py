"""The portal under bad luck and for everybody: sessions that end, drafts saved twice, keyboards, phones."""

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest
from tests.support.pages import Traffic, violations
from tests.support.product import Product

from minfang.services.matters import DEFINITIONS

# one worker runs all browser tests: they share one running product
pytestmark = [
    pytest.mark.browser,
    pytest.mark.slow,
    pytest.mark.xdist_group("product"),
    pytest.mark.timeout(300),
]
SAMPLE = DEFINITIONS / "BASEMENT_SYNC" / "samples" / "valid.json"
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
PAGES = [
    "/",
    "/matters",
    "/matters/BASEMENT_SYNC",
    "/matters/USE_FILING",
    "/cases",
    "/query",
    "/verify",
    "/verify/NONE",
    "/tools/required-area",
    "/search?q=面积",
    "/open",
    "/open/site",
    "/open/area-rule",
    "/open/time-limits",
    "/shelters",
    "/help/accessibility",
    "/help/keyboard",
    "/help/stuck",
    "/sitemap",
    "/sign-in",
    "/no-such-page",
    *(f"/apply/DRAFT/{step}" for step in ("applicant", "project", "area", "units", "materials", "confirm")),
]
# Named items of the accessibility handbook (E2) that axe does not judge.
OWN_CHECKS = """() => {
  const found = [];
  for (const a of document.querySelectorAll('a[target=_blank]')) {
    const words = a.textContent + (a.getAttribute('aria-label') || '');
    if (!/新窗口/.test(words) || !/noopener/.test(a.rel)) found.push('new window unsaid: ' + a.outerHTML);
  }
  if (!document.querySelector('[role=search]')) found.push('no search');
  if (!document.querySelector('a[href="/sitemap"]')) found.push('no way to the sitemap');
  const crumb = document.querySelector('nav[aria-label=当前位置] [aria-current=page]');
  if (location.pathname !== '/' && !crumb) found.push('no breadcrumb');
  if (document.querySelectorAll('h1').length !== 1) found.push('not one h1');
  for (const e of document.querySelectorAll('body *'))
    if (getComputedStyle(e).position === 'fixed' && e.offsetWidth * e.offsetHeight > 20000)
      found.push('something lies over the page: ' + e.className);
  const root = document.documentElement;
  if (root.scrollWidth > root.clientWidth) found.push('scrolls sideways');
  return found;
}"""


@pytest.fixture
def context(chromium: Any, product: Product) -> Iterator[Any]:
    """A browser signed in as an applicant; scripts of the test may run beside the page's policy."""
    made = chromium.new_context(viewport={"width": 1280, "height": 800}, locale="zh-CN", bypass_csp=True)
    made.set_default_timeout(20_000)
    made.request.get(f"{product.url}/")
    body = json.dumps({"username": "gu.shuyan"})
    signed = made.request.post(f"{product.url}/api/session/demo", data=body, headers=_headers(made, product))
    assert signed.status == 200, signed.text()
    yield made
    made.close()


def _headers(context: Any, product: Product) -> dict[str, str]:
    token = next((c["value"] for c in context.cookies() if c["name"] == "minfang_csrf"), "")
    return {"X-CSRFToken": token, "Origin": product.url, "Content-Type": "application/json"}


def _draft(context: Any, product: Product) -> int:
    """A new draft with the sample filled in."""
    body = json.dumps({"matter": "BASEMENT_SYNC", "again": True})
    made = context.request.post(
        f"{product.url}/api/portal/cases", data=body, headers=_headers(context, product)
    )
    case = made.json()["id"]
    present = context.request.get(f"{product.url}/api/portal/cases/{case}").json()
    data = {**json.loads(SAMPLE.read_text()), **{k: v for k, v in present["data"].items() if v}}
    body = json.dumps({"data": data, "step": "area", "seen_version": present["version"]})
    saved = context.request.put(
        f"{product.url}/api/portal/cases/{case}/draft", data=body, headers=_headers(context, product)
    )
    assert saved.status == 200, saved.text()
    return int(case)


def _open(context: Any, product: Product, path: str) -> Any:
    page = context.new_page()
    Traffic(page).go(product.url + path)
    return page


def _stored(context: Any, product: Product, case: int, field: str) -> Any:
    return context.request.get(f"{product.url}/api/portal/cases/{case}").json()["data"].get(field)


def test_a_session_that_ends_in_mid_form_loses_nothing(context: Any, product: Product) -> None:
    case = _draft(context, product)
    page = _open(context, product, f"/apply/{case}/project")
    context.clear_cookies(name=re.compile("session", re.IGNORECASE))
    page.locator("#field-project_name").fill("㐂喆𬬻家园")
    card = page.get_by_role("dialog", name=re.compile("重新登录"))
    card.get_by_role("button", name=re.compile("顾书言")).click()
    page.get_by_text(re.compile("已自动保存")).first.wait_for()
    assert page.locator("#field-project_name").input_value() == "㐂喆𬬻家园"
    assert _stored(context, product, case, "project_name") == "㐂喆𬬻家园"


def test_what_the_server_did_not_get_is_there_after_a_reload(context: Any, product: Product) -> None:
    case = _draft(context, product)
    page = _open(context, product, f"/apply/{case}/project")
    page.on("dialog", lambda dialog: dialog.accept())
    page.route("**/draft", lambda route: route.abort())
    page.locator("#field-project_name").fill("断网时填写的名称")
    page.get_by_text("内容已留在本机").first.wait_for()
    page.unroute("**/draft")
    page.reload()
    page.locator("#field-project_name").wait_for()
    assert page.locator("#field-project_name").input_value() == "断网时填写的名称"
    page.get_by_text(re.compile("已自动保存")).first.wait_for()
    assert _stored(context, product, case, "project_name") == "断网时填写的名称"


def test_a_draft_saved_on_another_page_is_not_overwritten(context: Any, product: Product) -> None:
    case = _draft(context, product)
    first = _open(context, product, f"/apply/{case}/project")
    second = _open(context, product, f"/apply/{case}/project")
    second.locator("#field-project_name").fill("第二页的名称")
    second.get_by_text(re.compile("已自动保存")).first.wait_for()
    page_text = first.locator("#field-project_address")
    page_text.fill("第一页的地址")
    dialog = first.get_by_role("dialog", name=re.compile("别处被修改"))
    dialog.wait_for()
    assert _stored(context, product, case, "project_name") == "第二页的名称"
    dialog.get_by_role("button", name="载入最新内容").click()
    first.locator("#field-project_name").wait_for()
    assert first.locator("#field-project_name").input_value() == "第二页的名称"


def test_errors_take_the_focus_and_lead_to_their_field(context: Any, product: Product) -> None:
    case = _draft(context, product)
    page = _open(context, product, f"/apply/{case}/area")
    page.locator("#field-design_area").fill("-5")
    page.get_by_role("button", name=re.compile("下一步")).click()
    page.locator(".mf-errors").wait_for()
    page.wait_for_function("document.activeElement.classList.contains('mf-errors')")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.wait_for_function("document.activeElement.id === 'field-design_area'")
    described = page.locator("#field-design_area").get_attribute("aria-describedby") or ""
    assert "不能为负数" in page.locator(f"[id='{described.split()[0]}']").inner_text()


def test_typing_in_a_form_of_sixty_fields_stays_fast(context: Any, product: Product) -> None:
    case = _draft(context, product)
    page = _open(context, product, f"/apply/{case}/project")
    folded = page.locator(".mf-row-head > button[aria-expanded=false]")
    while folded.count():
        folded.first.click()
    assert page.locator("main input, main select").count() >= 60
    meter = context.new_cdp_session(page)
    meter.send("Performance.enable", {"timeDomain": "threadTicks"})
    page.locator("#field-project_name").click()
    before, keys = _busy(meter), 20
    for _ in range(keys):
        page.keyboard.press("a")
    spent = (_busy(meter) - before) / keys * 1000
    assert spent <= 80, f"{spent:.1f} ms of the page's thread for one key"


def _busy(meter: Any) -> float:
    metrics = meter.send("Performance.getMetrics")["metrics"]
    return float(next(m["value"] for m in metrics if m["name"] == "TaskDuration"))


@pytest.mark.parametrize("width", [1280, 360])
def test_every_page_is_accessible(context: Any, product: Product, width: int) -> None:
    case = _draft(context, product)
    titles: dict[str, str] = {}
    faults: list[Any] = []
    page = context.new_page()
    traffic = Traffic(page)
    page.set_viewport_size({"width": width, "height": 800})
    page.on("pageerror", lambda error: faults.append(str(error)))
    for path in PAGES:
        traffic.go(product.url + path.replace("DRAFT", str(case)))
        page.evaluate("window.scrollTo(0, document.body.scrollHeight)")  # nothing under the bar of actions
        faults += [(path, v["id"], v["nodes"][0]["html"][:200]) for v in violations(page, RULES)]
        faults += [(path, fault) for fault in page.evaluate(OWN_CHECKS)]
        if page.title() in titles:
            faults.append((path, f"same title as {titles[page.title()]}"))
        titles[page.title()] = path
    assert faults == []
