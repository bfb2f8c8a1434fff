"""What a browser has to fetch for the first page of each face."""

from collections import defaultdict
from typing import Any

from bench.measure import Result
from bench.world import World, session_of

TARGET_KB = 250.0
FACES = {
    "办事门户": ("/", ""),
    "办公": ("/office", "shen.jiahe"),
    "移动办公": ("/m", "lu.wenyuan"),
    "大屏": ("/screen", ""),
}
CHROMIUM = "/usr/bin/chromium"
ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
COUNTED = ("Document", "Script", "Stylesheet")


def first_pages(world: World) -> list[Result]:
    """Bytes over the wire (compressed) of document, scripts and styles; fonts and the rest are only named."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=_browser(), args=ARGUMENTS)
        try:
            return [_face(browser, world, name, *where) for name, where in FACES.items()]
        finally:
            browser.close()


def _browser() -> str | None:
    from pathlib import Path

    return CHROMIUM if Path(CHROMIUM).exists() else None


def _face(browser: Any, world: World, name: str, path: str, username: str) -> Result:
    context = browser.new_context(locale="zh-CN")
    if username:
        context.add_cookies([{"name": "minfang_session", "value": _session(username), "url": world.url}])
    page = context.new_page()
    sizes: dict[str, float] = defaultdict(float)
    kinds: dict[str, str] = {}
    client = context.new_cdp_session(page)
    client.send("Network.enable")
    client.on("Network.responseReceived", lambda event: kinds.update({event["requestId"]: event["type"]}))

    def finished(event: Any) -> None:
        sizes[kinds.get(event["requestId"], "Other")] += event["encodedDataLength"]

    client.on("Network.loadingFinished", finished)
    page.goto(world.url + path, wait_until="networkidle", timeout=30_000)
    page.wait_for_timeout(300)
    context.close()
    counted = sum(sizes[kind] for kind in COUNTED) / 1024
    document = max(sizes["Document"] / 1024, 0.1)
    note = f"字体另 {sizes['Font'] / 1024:.0f} KB，其余 {_rest(sizes) / 1024:.0f} KB"
    return Result(f"{name}首页传输", counted, "KB", TARGET_KB, None, document, "仅文档", note)


def _rest(sizes: dict[str, float]) -> float:
    return sum(size for kind, size in sizes.items() if kind not in (*COUNTED, "Font"))


def _session(username: str) -> str:
    """A session made outside the browser library's event loop, which forbids the database."""
    from concurrent.futures import ThreadPoolExecutor

    from minfang.kernel.iam.models import Person

    def make() -> str:
        return session_of(Person.objects.get(username=username))

    with ThreadPoolExecutor(1) as pool:
        return pool.submit(make).result()
