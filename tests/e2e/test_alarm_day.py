"""One alarm from a live reading to its end: the officer, the keeper on a phone, the district."""

import re
import time
from pathlib import Path
from typing import Any

import httpx
import pytest
from PIL import Image
from tests.support.pages import Window, all_barriers
from tests.support.product import Product

from minfang.sandbox.demo_works import secret_of

pytestmark = [
    pytest.mark.browser,
    pytest.mark.slow,
    pytest.mark.xdist_group("product"),
    pytest.mark.timeout(300),
]
WORKS = "RF-310107-GY-2007-0002"
KEEPER = re.compile("延平地下空间|管理单位|并入")
"""Who keeps the work is told, or told of later with others of its storm."""
READERS = {"pt.qin.lang": 200, "han.liqun": 200, "ja.xu.wei": 404}
DOOR = "TILT"
"""A protective door that leans: yellow at once, told to whoever keeps the work."""


def report(product: Product, device_id: str, value: float) -> None:
    """What the device says over HTTP with its own secret."""
    reading = {"type": DOOR, "ts": int(time.time() * 1000), "value": value, "quality": 0}
    answer = httpx.post(
        f"{product.url}/api/public/iot/readings",
        json={"deviceId": device_id, "readings": [reading]},
        auth=(device_id, secret_of(device_id)),
        trust_env=False,
    )
    assert answer.status_code == 202, answer.text


def watched_door(officer: Window) -> dict[str, Any]:
    """A door of the work that raised nothing yet."""
    busy = {row["device_no"] for row in officer.ask(f"/alarms?works={WORKS}&state=OPEN&size=100")[1]["rows"]}
    rows = officer.ask(f"/devices?type={DOOR}&keyword={WORKS}&size=50")[1]["rows"]
    found: dict[str, Any] = next(row for row in rows if row["device_no"] not in busy)
    return found


@pytest.mark.feature(89)
@pytest.mark.feature(99)
def test_a_live_alarm_is_understood_confirmed_dispatched_handled_with_a_picture_and_seen_by_its_offices(
    chromium: Any, product: Product, tmp_path: Path
) -> None:
    officer = Window(chromium, product, "tao.yiming", (1366, 768))
    door = watched_door(officer)
    page = officer.go(f"/alarms?keyword={door['device_no']}")
    page.get_by_text("没有符合条件的预警").wait_for()
    report(product, door["device_id"], 0.42)
    page.locator(".rows li").wait_for()
    detail = page.locator(".detail")
    detail.get_by_text("超过阈值").wait_for()
    assert "0.42" in detail.locator(".steps").inner_text()
    detail.locator(".told").get_by_text(KEEPER).first.wait_for()
    assert all_barriers(page) == []
    number = str(re.search(r"YJ\d{12}", detail.inner_text())[0])  # type: ignore[index]
    detail.get_by_role("button", name="确认", exact=True).click()
    page.locator(".rows").get_by_text("已确认").wait_for()
    detail.get_by_role("button", name="派单").click()
    dialog = page.get_by_role("dialog")
    assert all_barriers(page) == []
    dialog.get_by_label("派给").select_option(label=keeper_in(dialog))
    dialog.get_by_role("button", name="派单").click()
    page.locator(".rows").get_by_text("已派单").wait_for()

    keeper = Window(chromium, product, "zhou.min", (390, 844))
    handle(keeper, number, tmp_path)
    keeper.close()

    page.locator(".rows").get_by_text("已处置").wait_for()
    detail.get_by_role("button", name="复核闭环").click()
    page.get_by_role("dialog").get_by_role("textbox").fill("照片与复测相符")
    page.get_by_role("dialog").get_by_role("button", name="复核闭环").click()
    page.get_by_text("没有符合条件的预警").wait_for()
    officer.close()
    its_offices_see_how_it_ended(chromium, product, number)


def keeper_in(dialog: Any) -> str:
    """The option that names the keeper who is at hand."""
    dialog.locator("option", has_text="周敏").first.wait_for(state="attached")
    options = dialog.locator("option").all_text_contents()
    return str(next(text for text in options if text.strip().startswith("周敏")))


def handle(keeper: Window, number: str, folder: Path) -> None:
    """On a phone: find it, take a picture, say what was found and done, though the signal fails meanwhile."""
    picture = folder / "门扇.jpg"
    Image.new("RGB", (320, 240), "gray").save(picture, "JPEG")
    page = keeper.page
    page.goto(f"{keeper.url}/m")
    page.get_by_role("button", name="派给我的").click()
    card = page.locator(f"a[href='/m/alarms/{number}']")
    card.wait_for()
    assert all_barriers(page) == []
    card.click()
    page.locator(".detail").get_by_text("为什么判为预警").wait_for()
    wide = page.evaluate("document.documentElement.scrollWidth")
    assert wide <= 390, f"the page is {wide} px wide on a phone"
    page.locator("input[type=file]").set_input_files(picture)
    page.locator(".photos img").wait_for()
    page.get_by_label("属实，已处置").check()
    page.get_by_label("原因").fill("铰页松动")
    page.get_by_label("措施").fill("紧固铰页并复测")
    assert all_barriers(page) == []
    keeper.context.set_offline(True)
    page.get_by_role("button", name="提交判定").click()
    page.locator(".verdict").get_by_role("alert").filter(has_text=re.compile(".")).first.wait_for()
    keeper.context.set_offline(False)
    page.reload()
    page.locator(".photos img").wait_for()
    assert page.get_by_label("措施").input_value() == "紧固铰页并复测"
    page.get_by_role("button", name="提交判定").click()
    page.locator(".detail").get_by_text("待复核").first.wait_for()


def its_offices_see_how_it_ended(chromium: Any, product: Product, number: str) -> None:
    """The district and the keeper read it whole; another district does not know it."""
    for name, status in READERS.items():
        someone = Window(chromium, product, name, (1366, 768))
        found, alarm = someone.ask(f"/alarms/{number}")
        assert found == status, name
        if status == 200:
            assert (alarm["row"]["state"], alarm["cause"], len(alarm["photos"])) == ("CLOSED", "铰页松动", 1)
            done = [row["kind"] for row in alarm["life"] if row["person"]]
            assert done == ["CONFIRM", "DISPATCH", "HANDLE", "CLOSE"]
        someone.close()


def test_a_silence_takes_only_what_was_chosen_and_can_be_ended_early(chromium: Any, product: Product) -> None:
    officer = Window(chromium, product, "tao.yiming", (1366, 768))
    page = officer.go("/alarms/silences")
    page.get_by_label("规则", exact=True).fill("温度")
    page.get_by_label("理由").fill("系统联调")
    page.get_by_role("button", name="开始静默").click()
    refused = page.get_by_label("规则", exact=True).evaluate("field => field.validationMessage")
    assert "从查到的列表里选一项" in refused
    page.locator(".found button").first.click()
    page.get_by_label("工程", exact=True).fill("四川北")
    page.get_by_role("button", name="四川北公用民防工程").click()
    assert all_barriers(page) == []
    page.get_by_role("button", name="开始静默").click()
    row = page.locator("tbody tr", has_text="系统联调")
    row.get_by_text("四川北").wait_for()
    row.get_by_role("button", name="结束").click()
    page.get_by_role("dialog").get_by_role("button", name="结束静默").click()
    page.get_by_text("没有生效中的静默").wait_for()
    officer.close()
