"""The page of the simulated devices: what they say, what is happening, and buttons to make things happen."""

import json
import time
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from minfang.sandbox.devices.bench import Bench
from minfang.sandbox.devices.effects import SCENARIOS
from minfang.sandbox.devices.simulator import FASTEST, Simulator
from minfang.sandbox.html import Markup, render


class DeviceConsole:
    """The page and its API; answers 503 with a reason while no devices are simulated."""

    def __init__(self, bench: Bench | None) -> None:
        self.bench = bench

    def routes(self) -> list[Route]:
        """The addresses of the page."""
        return [
            Route("/devices", self.page),
            Route("/devices/state", self.state),
            Route("/devices/of/{works_no}", self.devices),
            Route("/devices/scenario", self.scenario, methods=["POST"]),
            Route("/devices/scenario/{number:int}", self.end, methods=["DELETE"]),
            Route("/devices/clock", self.clock, methods=["PUT"]),
        ]

    @property
    def simulator(self) -> Simulator | None:
        """The running simulator, if there is one."""
        return self.bench.simulator if self.bench else None

    def _away(self) -> Response:
        why = self.bench.problem if self.bench else "未启动模拟设备（MINFANG_SIMULATOR=0）"
        return JSONResponse({"code": 503, "message": why}, 503)

    async def page(self, request: Request) -> Response:
        """The page in the browser."""
        kinds = {kind: {"name": name, "about": about} for kind, (name, about, _, _) in SCENARIOS.items()}
        return render("devices.html", {"scenarios": Markup(json.dumps(kinds, ensure_ascii=False))})

    async def state(self, request: Request) -> Response:
        """Works with their counts, lines, happenings and the clock."""
        simulator = self.simulator
        if simulator is None:
            return self._away()
        now = time.time()
        with simulator.lock:
            return JSONResponse(_state(simulator, now))

    async def devices(self, request: Request) -> Response:
        """The devices of one work with what they said last."""
        simulator = self.simulator
        if simulator is None:
            return self._away()
        with simulator.lock:
            spots = simulator.fleet.works.get(request.path_params["works_no"], [])
            rows = [_row(simulator, spot, metric) for spot in spots for metric in spot.metrics]
        return JSONResponse(rows)

    async def scenario(self, request: Request) -> Response:
        """Make something happen: kind, works_no, unit, target (batch or gateway), minutes."""
        simulator = self.simulator
        if simulator is None:
            return self._away()
        asked = await _json_of(request)
        kind = str(asked.get("kind", ""))
        if kind not in SCENARIOS:
            return JSONResponse({"code": 400, "message": "没有这种情景"}, 400)
        minutes = asked.get("minutes", 0)
        effect = simulator.raise_scenario(
            kind,
            str(asked.get("works_no", "")),
            str(asked.get("unit", "")),
            str(asked.get("target", "")),
            float(minutes) if isinstance(minutes, int | float) else 0.0,
            time.time(),
        )
        return JSONResponse(effect.as_dict(), 201)

    async def end(self, request: Request) -> Response:
        """End a happening."""
        simulator = self.simulator
        if simulator is None:
            return self._away()
        ended = simulator.end(request.path_params["number"], time.time())
        if ended is None:
            return JSONResponse({"code": 404, "message": "这个情景已经过去"}, 404)
        return JSONResponse(ended.as_dict())

    async def clock(self, request: Request) -> Response:
        """Let simulated time run faster, or stand still: ``{"speed": 0 … 60}``."""
        simulator = self.simulator
        if simulator is None:
            return self._away()
        speed = (await _json_of(request)).get("speed")
        if not isinstance(speed, int | float) or not 0 <= speed <= FASTEST:
            return JSONResponse({"code": 400, "message": f"倍速须在 0 到 {FASTEST:g} 之间"}, 400)
        simulator.set_speed(float(speed), time.time())
        return JSONResponse({"speed": simulator.clock.speed})


def _state(simulator: Simulator, now: float) -> dict[str, Any]:
    t = simulator.clock.at(now)
    works = [
        {
            "works_no": works_no,
            "name": spots[0].works_name or works_no,
            "devices": len(spots),
            "units": sorted({spot.unit for spot in spots if spot.unit}),
            "emergency": works_no in simulator.emergencies,
        }
        for works_no, spots in sorted(simulator.fleet.works.items())
    ]
    lines = [
        {"name": name, "connected": line.connected, "waiting": line.waiting, "error": line.error}
        for name, line in sorted(simulator.lines.items())
    ]
    effects = [{**effect.as_dict(), "over": t >= effect.until} for effect in simulator.effects]
    return {
        "works": works,
        "lines": lines,
        "effects": effects,
        "batches": sorted({spot.batch for spot in simulator.fleet.spots if spot.batch}),
        "gateways": sorted({spot.gateway for spot in simulator.fleet.spots if spot.gateway}),
        "clock": {"shown": t, "speed": simulator.clock.speed},
        "readings": simulator.readings,
        "devices": len(simulator.fleet.spots),
    }


def _row(simulator: Simulator, spot: Any, metric: str) -> dict[str, Any]:
    at, value = simulator.said.get((spot.device_id, metric), (None, None))
    return {
        "device_id": spot.device_id,
        "name": spot.name,
        "unit": spot.unit,
        "metric": metric,
        "value": value,
        "at": at,
        "batch": spot.batch,
        "gateway": spot.gateway,
    }


async def _json_of(request: Request) -> dict[str, Any]:
    try:
        body = json.loads(await request.body() or b"{}")
    except ValueError:
        return {}
    return body if isinstance(body, dict) else {}
