"""The whole story in the browser: from a citizen's first field to a certificate anyone can verify.

The case repository fails every second call all the while; nobody in the story notices.
"""

import json
import re
import shutil
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from tests.e2e.forms import fill_step
from tests.support.pages import Traffic, barriers
from tests.support.product import ROOT, Product

from minfang.services.matters import DEFINITIONS

# one worker runs all browser tests: they share one running product
pytestmark = [
    pytest.mark.browser,
    pytest.mark.slow,
    pytest.mark.xdist_group("product"),
    pytest.mark.timeout(600),
]
FOLDER = DEFINITIONS / "BASEMENT_SYNC"
TOUR = ROOT / "docs" / "tour"
RULES = ["wcag2a", "wcag2aa", "wcag21aa", "wcag22aa"]


class Screen:
    """One person's browser window; keeps pictures for the tour and looks for script errors."""

    def __init__(self, chromium: Any, product: Product, tour: Path) -> None:
        self.context = chromium.new_context(
            viewport={"width": 1440, "height": 900}, locale="zh-CN", accept_downloads=True
        )
        self.page = self.context.new_page()
        self.traffic = Traffic(self.page)
        self.page.set_default_timeout(20_000)
        self.product, self.tour = product, tour
        self.errors: list[str] = []
        self.page.on("pageerror", lambda error: self.errors.append(str(error)))

    def go(self, path: str) -> None:
        self.traffic.go(self.product.url + path)

    def picture(self, name: str, full: bool = False) -> None:
        """A screenshot for the tour."""
        self.page.wait_for_timeout(2500 if self.page.locator("iframe").count() else 300)
        self.page.screenshot(path=str(self.tour / f"{name}.png"), full_page=full)

    def accessible(self) -> None:
        """No serious accessibility fault on the present page (axe, WCAG 2.2 AA)."""
        serious = barriers(self.page, RULES)
        assert serious == [], (self.page.url, serious)

    def sign_in_as(self, name: str) -> None:
        """One click in the demo environment."""
        self.go("/office/sign-in")
        self.page.get_by_role("button", name=re.compile(name)).first.click()
        self.page.wait_for_url(re.compile(r"/office/?($|\?)"))

    def press(self, label: str) -> None:
        """Press a button of the action bar."""
        self.page.locator("footer").get_by_role("button", name=re.compile(label)).click()

    def act(self, label: str, opinion: str) -> None:
        """Write an opinion, press the button, and wait to be told that it is done."""
        self.page.locator("textarea:visible").first.fill(opinion)
        self.press(label)
        self.told()

    def told(self) -> None:
        """The product says what it has done."""
        self.page.get_by_text(re.compile("已提交，现为|补正通知已发出|已退回。")).first.wait_for()

    def close(self) -> None:
        assert self.errors == []
        self.context.close()


@pytest.fixture
def tour(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Path]:
    """Pictures go to a folder of the test and, when all went well, to the documentation."""
    yield tmp_path
    if getattr(request.node, "failed", False):
        return
    TOUR.mkdir(parents=True, exist_ok=True)
    for picture in sorted(tmp_path.glob("*.png")):
        shutil.copy(picture, TOUR / picture.name)


@pytest.fixture
def open_screen(request: pytest.FixtureRequest, chromium: Any, product: Product, tour: Path) -> Iterator[Any]:
    screens: list[Screen] = []

    def make() -> Screen:
        screens.append(Screen(chromium, product, tour))
        return screens[-1]

    yield make
    failed = getattr(request.node, "failed", False)
    for number, screen in enumerate(screens):
        if failed:
            screen.page.screenshot(path=f"{tempfile.gettempdir()}/minfang-story-{number}.png", full_page=True)
            screen.context.close()
        else:
            screen.close()


@pytest.mark.feature(2, 3, 4, 5, 6, 8, 10, 12, 13, 15, 16, 17)
def test_the_story(open_screen: Any, product: Product, pdf_file: Path) -> None:
    product.faults("case_repository", fail_percent=50, mode="error")
    data = json.loads((FOLDER / "samples" / "valid.json").read_text())
    applicant = open_screen()
    case_id = apply_for_it(applicant, data, pdf_file)
    shown = applicant.page.get_by_text(re.compile(r"SH04\d{13}")).first
    shown.wait_for()
    applicant.picture("07-已提交")
    internal_no = re.search(r"SH04\d{13}", shown.inner_text()).group(0)  # type: ignore[union-attr]

    handle_until_supplement(open_screen, internal_no)
    answer_supplement(applicant, case_id, pdf_file)
    decide(open_screen, internal_no)
    code = collect(applicant, case_id)
    anyone_verifies(open_screen(), code)
    everything_arrived(product, internal_no)


def apply_for_it(screen: Screen, data: dict[str, Any], pdf_file: Path) -> int:
    """Sign in with the city's identity, read the guide, fill in, resume, upload, sign, submit."""
    page = screen.page
    screen.go("/")
    screen.picture("01-门户首页")
    screen.accessible()
    screen.go("/sign-in?next=/matters/BASEMENT_SYNC")
    page.get_by_role("button", name=re.compile("一网通办")).click()
    page.wait_for_url(re.compile("/sso/authorize"))
    page.get_by_role("button", name=re.compile("顾书言")).click()
    page.wait_for_url(re.compile("/matters/BASEMENT_SYNC"))
    screen.traffic.rest()
    screen.picture("02-办事指南")
    screen.accessible()
    page.get_by_role("button", name="立即办理").first.click()
    page.get_by_role("button", name=re.compile("另起一份")).first.click()  # a draft is there
    page.wait_for_url(re.compile(r"/apply/\d+"))
    case_id = int(re.search(r"/apply/(\d+)", page.url).group(1))  # type: ignore[union-attr]
    definition = json.loads((FOLDER / "form.json").read_text())
    for step in ("applicant", "project"):
        screen.go(f"/apply/{case_id}/{step}")
        page.locator(".mf-form-group").first.wait_for()
        fill_step(page, definition, step, data)
        page.get_by_text(re.compile("已自动保存")).first.wait_for()
    page.reload()
    page.locator("[id='field-project_name']").wait_for()
    assert page.locator("[id='field-project_name']").input_value() == data["project_name"]
    for step in ("area", "units"):
        screen.go(f"/apply/{case_id}/{step}")
        page.locator(".mf-form-group").first.wait_for()
        fill_step(page, definition, step, data)
        page.wait_for_timeout(1500)
        screen.picture({"area": "03-用地与应建面积", "units": "04-防护单元"}[step], full=True)
        screen.accessible()
    assert "5,913.00" in _text_of_area(screen, case_id)
    hand_in_materials(screen, case_id, pdf_file)
    screen.go(f"/apply/{case_id}/confirm")
    page.locator(".mf-form-group").first.wait_for()
    fill_step(page, definition, "confirm", data)
    page.wait_for_timeout(1500)
    sign_and_submit(screen, case_id, "06-签章与提交")
    return case_id


def _text_of_area(screen: Screen, case_id: int) -> str:
    screen.go(f"/apply/{case_id}/area")
    card = screen.page.locator("[id='field-required_area']")
    card.get_by_text("5,913.00").first.wait_for()
    return str(card.inner_text())


def hand_in_materials(screen: Screen, case_id: int, pdf_file: Path) -> None:
    """Waive what may be waived, upload the rest."""
    page = screen.page
    screen.go(f"/apply/{case_id}/materials")
    lines = page.locator(".p-material")
    lines.first.wait_for()
    for index in range(lines.count()):
        line = lines.nth(index)
        if line.locator(".mf-required").count() == 0:
            continue
        waive = line.get_by_role("button", name=re.compile("免交|引用"))
        if waive.count():
            waive.first.click()
            line.locator(".mf-tag.is-ok").first.wait_for()
        elif line.locator("input[type=file]").count():
            line.locator("input[type=file]").set_input_files(str(pdf_file))
            line.locator(".p-file").first.wait_for()
    screen.picture("05-材料", full=True)
    screen.accessible()


def sign_and_submit(screen: Screen, case_id: int, picture: str = "") -> None:
    """To the signature platform and back, then one click, twice."""
    page = screen.page
    page.get_by_role("button", name="预览申请表").click()
    page.locator(".p-confirm-preview").wait_for()
    page.get_by_role("button", name="去签章").click()
    page.wait_for_url(re.compile("/ca/sign"))
    page.get_by_role("button", name="确认签名").click()
    page.wait_for_url(re.compile(rf"/apply/{case_id}"))
    page.get_by_text(re.compile("已签章")).first.wait_for()
    if picture:
        screen.picture(picture, full=True)
    page.get_by_role("button", name=re.compile("提交(申请|补正)")).dblclick()
    confirm = page.get_by_role("dialog").get_by_role("button", name=re.compile("提交"))
    page.wait_for_timeout(800)
    if confirm.count() and confirm.first.is_visible():
        confirm.first.click()
    page.wait_for_url(re.compile(rf"/apply/{case_id}/done|/cases/{case_id}"))
    screen.traffic.rest()


def open_case(screen: Screen, number: str) -> None:
    """Find the case by its number in the list of everything."""
    screen.go(f"/office/cases?tab=all&keyword={number}")
    screen.page.get_by_role("link", name=re.compile("桃浦")).first.click()
    screen.page.wait_for_url(re.compile(r"/office/cases/\d+"))
    screen.page.locator("footer").get_by_role("button", name="打印").wait_for()


def officer(open_screen: Any, name: str, number: str) -> Screen:
    screen: Screen = open_screen()
    screen.sign_in_as(name)
    open_case(screen, number)
    return screen


def handle_until_supplement(open_screen: Any, number: str) -> None:
    """Pre-review passes; the handler asks for a supplement and the clock stops."""
    first = officer(open_screen, "黄思齐", number)
    first.act("预审通过", "材料齐全，格式符合要求。")
    handler: Screen = open_screen()
    handler.sign_in_as("沈嘉禾")
    handler.traffic.rest()
    handler.picture("08-工作台")
    handler.accessible()
    open_case(handler, number)
    handler.picture("09-办件页")
    handler.accessible()
    handler.press("退回补正")
    dialog = handler.page.get_by_role("dialog")
    dialog.get_by_role("button", name=re.compile("平面图|平、剖面图|总平面")).first.click()
    dialog.get_by_role("textbox", name=re.compile("补正要求")).first.fill(
        "补充连通口标高，并与面积计算书一致。"
    )
    handler.picture("10-补正告知")
    dialog.get_by_role("button", name="发出补正告知").click()
    handler.told()


def answer_supplement(screen: Screen, case_id: int, pdf_file: Path) -> None:
    """The applicant sees what is asked, hands in a new file, signs and submits again."""
    page = screen.page
    screen.go(f"/cases/{case_id}")
    page.get_by_text(re.compile("补充连通口标高")).first.wait_for()
    screen.picture("11-待补正", full=True)
    screen.accessible()
    screen.go(f"/apply/{case_id}/materials")
    asked = page.locator(".p-material.is-asked")
    asked.first.wait_for()
    asked.first.locator("input[type=file]").set_input_files(str(pdf_file))
    page.wait_for_timeout(1500)
    screen.go(f"/apply/{case_id}/confirm")
    page.get_by_role("button", name="去签章").wait_for()
    sign_and_submit(screen, case_id)


def decide(open_screen: Any, number: str) -> None:
    """Accepted, reviewed, returned once, reviewed again, approved, closed, sealed, issued."""
    handler = officer(open_screen, "沈嘉禾", number)
    handler.act("予以受理", "材料齐全，予以受理。")
    wait_for_step(handler, number, "建议准予")
    handler.picture("12-审查")
    handler.act("建议准予", "面积满足应建要求，建议准予。")
    head = officer(open_screen, "范知远", number)
    head.press("退回")
    dialog = head.page.get_by_role("dialog")
    dialog.locator("#return-reason").fill("请补充防护单元划分理由。")
    dialog.get_by_role("button", name="确认退回").click()
    head.told()
    wait_for_step(handler, number, "建议准予")
    handler.act("建议准予", "已补充划分理由，建议准予。")
    wait_for_step(head, number, "同意")
    head.act("同意", "同意经办意见，请领导审定。")
    deputy = officer(open_screen, "陆文渊", number)
    deputy.act("准予", "同意。")
    wait_for_step(handler, number, "办结")
    handler.act("办结", "已按审定意见办结。")
    issuer = officer(open_screen, "乔安", number)
    for _ in range(40):
        if issuer.page.get_by_text("正在等待电子印章").count() == 0:
            break
        issuer.page.wait_for_timeout(500)
        issuer.page.reload()
        issuer.traffic.rest()
    issuer.picture("13-制证发证")
    issuer.act("制证发证", "批文内容核对无误，制证发证。")


def wait_for_step(screen: Screen, number: str, button: str) -> None:
    """Open the case again until it is this officer's turn."""
    for _ in range(20):
        open_case(screen, number)
        if screen.page.locator("footer").get_by_role("button", name=re.compile(button)).count():
            return
        screen.page.wait_for_timeout(500)
    raise AssertionError(f"{button} is not offered: {screen.page.locator('footer').inner_text()}")


def collect(screen: Screen, case_id: int) -> str:
    """Download the sealed approval, rate the service; the verification code."""
    page = screen.page
    for _ in range(30):
        screen.go(f"/cases/{case_id}")
        if page.get_by_text("准予行政许可决定书").count():
            break
        page.wait_for_timeout(500)
    screen.picture("14-办结与下载", full=True)
    screen.accessible()
    answer = page.request.get(f"{screen.product.url}/api/portal/cases/{case_id}").json()
    approval = next(d for d in answer["documents"] if d["doc_type"] == "APPROVAL")
    assert approval["sealed"]
    pdf = page.request.get(f"{screen.product.url}/api/documents/{approval['id']}?download=true").body()
    assert pdf.startswith(b"%PDF")
    page.locator("#rating-DONE-1").check()
    page.get_by_role("button", name="提交评价").last.click()
    page.get_by_text(re.compile("您的评价：\\s*非常满意")).first.wait_for()
    return str(approval["verify_url"].rsplit("/", 1)[1])


def anyone_verifies(screen: Screen, code: str) -> None:
    """Somebody without an account reads what the QR code leads to."""
    screen.go(f"/verify/{code}")
    screen.page.get_by_text(re.compile("沪国动审〔")).first.wait_for()
    screen.picture("15-扫码核验")
    screen.accessible()


def everything_arrived(product: Product, number: str) -> None:
    """Every push is at its platform although every second call failed, once each and in order."""
    end = time.monotonic() + 60
    while time.monotonic() < end:
        done = [r for r in product.records("case_repository", "stepDone") if _mine(r, number)]
        rated = product.records("rating", "")
        if done and rated:
            break
        time.sleep(1)
    base = [r for r in product.records("case_repository", "baseInfo") if _mine(r, number)]
    assert len(base) == 1
    case_no = _payload(base[0])["projid"]
    steps = [_payload(r)["sn"] for r in product.records("case_repository", "stepProc", case_no)]
    assert steps == list(range(1, len(steps) + 1))
    assert len(steps) >= 9
    assert len(product.records("ecert", "", case_no)) == 1
    assert httpx.get(f"{product.sandbox}/", trust_env=False).status_code == 200


def _payload(record: dict[str, Any]) -> dict[str, Any]:
    payload = record.get("payload", record)
    inner: dict[str, Any] = payload.get("data", payload) if isinstance(payload, dict) else record
    return inner


def _mine(record: dict[str, Any], number: str) -> bool:
    return number in json.dumps(record, ensure_ascii=False)
