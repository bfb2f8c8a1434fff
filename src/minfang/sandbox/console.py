"""The console: what arrived on each platform, and the switches that make it misbehave."""

import json
from typing import Any

from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, Response
from starlette.routing import Route

from minfang.sandbox import pictures
from minfang.sandbox.base import Platform
from minfang.sandbox.faults import MODES, BadFault, Faults
from minfang.sandbox.html import Markup, render
from minfang.sandbox.store import Store

UNKNOWN = {"code": 404, "message": "没有此平台"}


class Console:
    """The page and its API; for demonstrations and tests, never part of a platform."""

    def __init__(self, store: Store, platforms: dict[str, Platform], product: str) -> None:
        self.store, self.platforms, self.product = store, platforms, product

    def routes(self) -> list[Route]:
        """The addresses of the console."""
        return [
            Route("/", self.page),
            Route("/healthz", self.health),
            Route("/font.ttf", self.font),
            Route("/control", self.overview),
            Route("/control/reset", self.reset_all, methods=["POST"]),
            Route("/control/{platform}", self.show, methods=["GET"]),
            Route("/control/{platform}", self.change, methods=["PUT"]),
            Route("/control/{platform}/reset", self.reset, methods=["POST"]),
            Route("/arrivals", self.arrivals),
            Route("/arrivals/{number:int}", self.arrival),
            Route("/records", self.records),
        ]

    async def page(self, request: Request) -> Response:
        """The console in the browser."""
        return render(
            "console.html", {"modes": Markup(json.dumps(MODES, ensure_ascii=False)), "product": self.product}
        )

    async def health(self, request: Request) -> Response:
        """Ready."""
        return JSONResponse({"status": "ok"})

    async def font(self, request: Request) -> Response:
        """A Chinese font for machines without one; browsers with one never ask."""
        name = pictures.font_file()
        headers = {"Cache-Control": "public, max-age=86400"}
        return FileResponse(name, headers=headers) if name else JSONResponse(UNKNOWN, 404)

    def _state(self, platform: Platform, totals: dict[str, dict[str, int]]) -> dict[str, Any]:
        counts = totals.get(platform.code, {})
        return {
            "platform": platform.code,
            "name": platform.name,
            "about": platform.about,
            "faults": platform.switches.faults.as_dict(),
            "seen": platform.switches.seen,
            "struck": platform.switches.struck,
            "counts": counts,
            "arrivals": sum(counts.values()),
        }

    async def overview(self, request: Request) -> Response:
        """All platforms with their switches and counts."""
        totals = self.store.totals()
        return JSONResponse([self._state(platform, totals) for platform in self.platforms.values()])

    async def show(self, request: Request) -> Response:
        """One platform."""
        platform = self.platforms.get(request.path_params["platform"])
        if platform is None:
            return JSONResponse(UNKNOWN, 404)
        return JSONResponse(self._state(platform, self.store.totals()))

    async def change(self, request: Request) -> Response:
        """Set some switches; counting starts anew."""
        platform = self.platforms.get(request.path_params["platform"])
        if platform is None:
            return JSONResponse(UNKNOWN, 404)
        try:
            values = json.loads(await request.body())
            faults = Faults.read(values if isinstance(values, dict) else {}, platform.switches.faults)
        except (ValueError, BadFault) as error:
            return JSONResponse({"code": 400, "message": str(error)}, 400)
        platform.switches.set(faults)
        self.store.save_faults(platform.code, faults.as_dict())
        return JSONResponse(self._state(platform, self.store.totals()))

    def _calm(self, platform: Platform) -> None:
        platform.switches.set(Faults())
        self.store.save_faults(platform.code, Faults().as_dict())

    async def reset(self, request: Request) -> Response:
        """All switches of one platform off; ``data=1`` it forgets all, ``data=list`` its list is emptied."""
        platform = self.platforms.get(request.path_params["platform"])
        if platform is None:
            return JSONResponse(UNKNOWN, 404)
        self._calm(platform)
        if request.query_params.get("data") == "1":
            self.store.forget(platform.code)
        elif request.query_params.get("data") == "list":
            self.store.clear_list(platform.code)
        return JSONResponse(self._state(platform, self.store.totals()))

    async def reset_all(self, request: Request) -> Response:
        """All switches of all platforms off; with ``?data=1`` they also forget what they received."""
        for platform in self.platforms.values():
            self._calm(platform)
            if request.query_params.get("data") == "1":
                self.store.forget(platform.code)
        return await self.overview(request)

    async def arrivals(self, request: Request) -> Response:
        """Calls, newest first; of a platform, of a case number, before a number."""
        asked = request.query_params
        limit = min(_number(asked.get("limit"), 50), 500)
        found = self.store.arrivals(
            platform=asked.get("platform", ""),
            case_no=asked.get("case_no", "").strip(),
            before=_number(asked.get("before"), 0),
            limit=limit,
        )
        return JSONResponse(found)

    async def arrival(self, request: Request) -> Response:
        """One call with its contents."""
        found = self.store.arrival(request.path_params["number"])
        return JSONResponse(found or {"code": 404, "message": "没有此记录"}, 200 if found else 404)

    async def records(self, request: Request) -> Response:
        """What a platform keeps."""
        asked = request.query_params
        found = self.store.records(asked.get("platform", ""), asked.get("kind", ""), asked.get("case_no", ""))
        return JSONResponse(found)


def _number(text: str | None, otherwise: int) -> int:
    return int(text) if text and text.isdigit() else otherwise
