"""The past of the demonstration: repeatable, stored once, and what the registry says is who speaks."""

from datetime import UTC, datetime

import numpy as np
import pytest
from starlette.testclient import TestClient

from minfang.registry.models import Device, Equipment, ProtectiveUnit, Works
from minfang.sandbox.devices import history, incidents, registry
from minfang.sandbox.devices.bench import Bench
from minfang.sandbox.devices.console import DeviceConsole
from minfang.sandbox.devices.fleet import Fleet, Spot
from minfang.sandbox.devices.simulator import Simulator
from minfang.supervision.telemetry.models import LatestValue, Reading

END = datetime(2025, 11, 20, tzinfo=UTC).timestamp()
DAY = 86400.0


@pytest.fixture
def fleet(db: None) -> Fleet:
    """Fifteen works of one unit, each with a gateway, sump, thermometer, mains and a contact for water."""
    for number in range(15):
        no = f"RF-310101-GY-2010-{number:04d}"
        works = Works.objects.create(works_no=no, name=f"工程{number}", kind="GY", district_code="310101")
        unit = ProtectiveUnit.objects.create(works=works, unit_no=f"{no}-F01", name="防护单元一")
        design = {"start_level_mm": 900, "stop_level_mm": 350, "note": "旧"}
        pump = Equipment.objects.create(
            works=works, unit=unit, equipment_no=f"{no}-PMP-001", category="PMP", name="排污泵", design=design
        )
        gateway = None
        for kind in ("GATEWAY", "SUMP", "TEMP", "POWER", "WATER"):
            made = Device.objects.create(
                works=works,
                unit=unit,
                device_no=f"{no}-S-{kind}-001",
                device_id=f"w{number}-{kind.lower()}",
                sensor_type=kind,
                name=kind,
                gateway=None if kind in ("GATEWAY", "TEMP") else gateway,
                equipment=pump if kind == "SUMP" else None,
            )
            gateway = made if kind == "GATEWAY" else gateway
    return registry.read()


@pytest.mark.django_db
def test_the_registry_says_who_speaks_through_which_gateway_and_by_which_design(fleet: Fleet) -> None:
    gateways = {spot.device_id for spot in fleet.spots if spot.kind == "GATEWAY"}
    sensors = [spot for spot in fleet.spots if spot.kind != "GATEWAY"]
    assert len(sensors) == 60
    assert {spot.gateway for spot in sensors} == gateways, "one without a gateway uses that of its work"
    assert all(spot.metrics and spot.unit and spot.works_name for spot in sensors)
    sump = next(spot for spot in sensors if spot.kind == "SUMP")
    assert dict(sump.design) == {"start_level_mm": 900.0, "stop_level_mm": 350.0}
    Device.objects.filter(sensor_type="TEMP").update(status="DISABLED")
    assert "TEMP" not in {spot.kind for spot in registry.read().spots}


@pytest.mark.django_db
def test_the_past_is_stored_once_and_is_the_same_when_it_is_loaded_again(fleet: Fleet) -> None:
    few = Fleet(tuple(spot for spot in fleet.spots if spot.metrics)[:12])
    weak = ("B1", "B2")
    stored = history.load(few, END - DAY, END, weak, rest=0.0)
    assert stored == Reading.objects.count()
    assert stored > 12 * 100
    assert history.load(few, END - DAY, END, weak, rest=0.0) == 0
    latest = LatestValue.objects.select_related("series").order_by("series_id")
    assert latest
    assert all(row.ts.timestamp() > END - DAY / 20 for row in latest if row.series.metric == "TEMP")


@pytest.mark.django_db
def test_in_a_fortnight_something_happens_and_it_is_always_the_same(fleet: Fleet) -> None:
    weak = ("B1", "B2")
    found = incidents.between(fleet, weak, END - 14 * DAY, END)
    assert found == incidents.between(fleet, weak, END - 14 * DAY, END)
    assert {effect.target for effect in found if effect.kind == "false"} <= set(weak)
    assert 3 < len(found) < 80
    assert set(incidents.between(fleet, weak, END - 3 * DAY, END - 2 * DAY)) <= set(found)


def test_the_grid_of_a_device_does_not_move_with_the_hour_it_is_asked_at() -> None:
    spot = Spot("d1", "W", "TEMP", ("TEMP",))
    early, later = (history.instants(spot, END - DAY + shift, END) for shift in (0.0, 4321.0))
    assert np.array_equal(early[-len(later) :], later)


@pytest.mark.django_db
def test_the_control_page_shows_works_and_makes_things_happen(fleet: Fleet, tmp_path: object) -> None:
    from starlette.applications import Starlette

    bench = Bench(tmp_path)  # type: ignore[arg-type]
    client = TestClient(Starlette(routes=DeviceConsole(bench).routes()))
    assert client.get("/devices/state").status_code == 503

    class Silent:
        connected, waiting, error = True, 0, ""

        def send(self, topic: str, payload: bytes) -> None:
            return None

        take_down = bring_up = lambda self: None

    bench.simulator = Simulator(fleet, lambda _: Silent(), END)  # type: ignore[arg-type, return-value]
    works = client.get("/devices/state").json()["works"]
    assert len(works) >= 14
    body = {"kind": "flood", "works_no": works[0]["works_no"], "minutes": 5}
    assert client.post("/devices/scenario", json=body).status_code == 201
    assert client.post("/devices/scenario", json={"kind": "quake"}).status_code == 400
    assert [e["name"] for e in client.get("/devices/state").json()["effects"]] == ["进水"]
    assert client.delete("/devices/scenario/0").status_code == 200
    assert client.get("/devices/state").json()["effects"][0]["over"]
    assert client.put("/devices/clock", json={"speed": 30}).json() == {"speed": 30.0}
    assert client.put("/devices/clock", json={"speed": 900}).status_code == 400
    rows = client.get(f"/devices/of/{works[0]['works_no']}").json()
    assert rows
    assert "进水" in client.get("/devices").text
