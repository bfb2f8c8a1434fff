"""What browser tests do at every page: wait until it stands still, and look for barriers."""

from collections.abc import Sequence
from typing import Any

from tests.support.product import ROOT

AXE = ROOT / "web" / "node_modules" / "axe-core" / "axe.min.js"
RULES = ("wcag2a", "wcag2aa", "wcag21aa")
RUN = """([without, rules]) => axe.run(
  {exclude: without}, {preload: false, runOnly: rules, resultTypes: ['violations']}
).then(found => found.violations)"""
DRAWN = """() => new Promise(
  done => requestAnimationFrame(() => requestIdleCallback(done, {timeout: 1000})))"""
STEP_MS, STILL_STEPS, LONGEST_STEPS = 40, 4, 400


class Traffic:
    """The requests of one page that are under way."""

    def __init__(self, page: Any) -> None:
        self.page, self.open = page, set[Any]()
        page.on("request", self._begins)
        for over in ("requestfinished", "requestfailed"):
            page.on(over, self._is_over)

    def _begins(self, request: Any) -> None:
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
