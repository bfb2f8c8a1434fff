"""A work watched in a real browser: what devices send over MQTT arrives on the open page without a reload."""

from typing import Any

import httpx
import pytest
from tests.support.pages import Window, all_barriers
from tests.support.product import Product

pytestmark = [
    pytest.mark.browser,
    pytest.mark.slow,
    pytest.mark.xdist_group("product"),
    pytest.mark.timeout(300),
]


def _let_water_in(page: Any, product: Product) -> None:
    """A flood in the work that is looked at, sped up, shows on the open page."""
    number = page.locator(".who p").inner_text().split(" · ")[0]
    flood = {"kind": "flood", "works_no": number, "minutes": 60}
    with httpx.Client(base_url=product.sandbox, trust_env=False) as bench:
        assert bench.put("/devices/clock", json={"speed": 60}).status_code == 200
        raised = bench.post("/devices/scenario", json=flood)
        assert raised.status_code == 201
        try:
            page.wait_for_selector("text=处有水")
        finally:
            bench.put("/devices/clock", json={"speed": 1})
            bench.delete(f"/devices/scenario/{raised.json()['number']}")


def test_the_three_views_of_a_work_are_streamed_and_accessible(chromium: Any, product: Product) -> None:
    officer = Window(chromium, product, "gu.lianchuan", (1366, 768))
    page = officer.go("/live")
    page.wait_for_selector("text=实时推送")
    assert all_barriers(page) == []
    page.reload()  # as a wall does, and whoever kept the address
    page.wait_for_selector("[aria-busy=false]")
    _let_water_in(page, product)
    for label in ("应急运行状态", "单元与传感器"):
        page.get_by_role("tab", name=label).click()
        page.wait_for_selector(f"[role=tab][aria-selected=true]:has-text('{label}')")
        page.wait_for_selector("[aria-busy=false]")
        assert all_barriers(page) == []
    officer.close()
