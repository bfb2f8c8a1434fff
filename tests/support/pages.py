"""What browser tests do at every page: wait until it stands still, and look for barriers."""

import re
from collections.abc import Sequence
from typing import Any

from tests.support.product import ROOT, Product

AXE = ROOT / "web" / "node_modules" / "axe-core" / "axe.min.js"
RULES = ("wcag2a", "wcag2aa", "wcag21aa")
RUN = """([without, rules]) => axe.run(
  {exclude: without}, {preload: false, runOnly: rules, resultTypes: ['violations']}
).then(found => found.violations)"""
DRAWN = """() => new Promise(
  done => requestAnimationFrame(() => requestIdleCallback(done, {timeout: 1000})))"""
SIGN_IN = """async name => {
  const token = decodeURIComponent((/minfang_csrf=([^;]*)/.exec(document.cookie) || [])[1] || '');
  const headers = {'Content-Type': 'application/json', 'X-CSRFToken': token};
  const body = JSON.stringify({username: name});
  return (await fetch('/api/session/demo', {method: 'POST', headers, body})).status;
}"""
BLOCKED = re.compile("Content Security Policy|Refused to|violates|CORS")
ASK = (
    "async address => { const a = await fetch('/api/office' + address); return [a.status, await a.json()]; }"
)
STEP_MS, STILL_STEPS, LONGEST_STEPS = 40, 4, 400


class Traffic:
    """The requests of one page that are under way."""

    def __init__(self, page: Any) -> None:
        self.page, self.open = page, set[Any]()
        page.on("request", self._begins)
        for over in ("requestfinished", "requestfailed"):
            page.on(over, self._is_over)

    def _begins(self, request: Any) -> None:
        if request.resource_type != "eventsource":  # stays open as long as the page
            self.open.add(request)

    def _is_over(self, request: Any) -> None:
        self.open.discard(request)

    def go(self, address: str) -> None:
        """Open an address and wait until the page stands still."""
        self.open.clear()
        self.page.goto(address)
        self.rest()

    def rest(self) -> None:
        """Until nothing is under way and the page's thread has nothing left to do, several times in a row."""
        still = 0
        for _ in range(LONGEST_STEPS):
            self.page.wait_for_timeout(STEP_MS)
            self.page.evaluate(DRAWN)
            still = 0 if self.open else still + 1
            if still >= STILL_STEPS:
                return
        raise TimeoutError(f"{self.page.url} never stands still: {[one.url for one in self.open]}")


class Window:
    """Somebody of the office signed in; ``broken`` gathers what goes wrong on the pages meanwhile."""

    def __init__(self, chromium: Any, product: Product, name: str, size: tuple[int, int]) -> None:
        viewport = {"width": size[0], "height": size[1]}
        self.context = chromium.new_context(viewport=viewport, locale="zh-CN")
        self.page, self.url, self.broken = self.context.new_page(), product.url, list[str]()
        self.page.set_default_timeout(40_000)
        self.page.on("pageerror", lambda error: self.broken.append(str(error)))
        self.page.on("console", lambda said: self._note(said.text))
        self.page.goto(f"{self.url}/office/sign-in")
        assert self.page.evaluate(SIGN_IN, name) == 200

    def _note(self, said: str) -> None:
        if BLOCKED.search(said):
            self.broken.append(said)

    def ask(self, address: str) -> tuple[int, Any]:
        """What the API answers this person."""
        status, found = self.page.evaluate(ASK, address)
        return status, found

    def go(self, address: str) -> Any:
        """Open a page of the office."""
        self.page.goto(f"{self.url}/office{address}")
        return self.page

    def close(self) -> None:
        """Nothing broke meanwhile."""
        self.context.close()
        assert self.broken == []


def violations(page: Any, rules: Sequence[str] = RULES, without: Sequence[str] = ()) -> list[dict[str, Any]]:
    """What axe finds wrong on the present page, but for the parts ``without`` selects."""
    page.evaluate(AXE.read_text())
    found: list[dict[str, Any]] = page.evaluate(RUN, [list(without), list(rules)])
    return found


def barriers(page: Any, rules: Sequence[str] = RULES, without: Sequence[str] = ()) -> list[tuple[str, Any]]:
    """The serious ones among them, with the first places."""
    return [
        (row["id"], [node["target"] for node in row["nodes"]][:3])
        for row in violations(page, rules, without)
        if row["impact"] in ("serious", "critical")
    ]


def all_barriers(page: Any) -> list[str]:
    """Every one of them, however slight, with its first place."""
    return [f"{row['id']}: {row['nodes'][0]['target']}" for row in violations(page)]
