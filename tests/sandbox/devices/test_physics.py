"""What simulated devices read: repeatable, within the bounds of the trade, and with the seasons."""

from datetime import UTC, datetime

import numpy as np
import pytest

from minfang.sandbox.devices import effects, faults, physics
from minfang.sandbox.devices.effects import Effect
from minfang.sandbox.devices.fleet import Spot

HOUR, DAY = 3600.0, 86400.0
RANGES = {
    "TEMP": (3.0, 36.0),
    "HUMI": (30.0, 100.0),
    "CO2": (400.0, 1400.0),
    "O2": (20.2, 21.2),
    "CO": (0.0, 9.0),
    "PM25": (1.0, 150.0),
    "RADON": (5.0, 300.0),
    "SUMP": (380.0, 1030.0),
    "TANK": (0.0, 15.0),
    "DP": (-5.0, 6.0),
    "TILT": (0.0, 0.3),
    "POWER": (210.0, 240.0),
    "GEN": (70.0, 95.0),
    "CURR": (0.0, 7.5),
    "SETTLE": (0.0, 10.0),
}


def at(text: str) -> float:
    return datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp()


def spot(metric: str, number: int = 1, **more: object) -> Spot:
    base: dict[str, object] = {"unit": "F01", "period": 300, "batch": "B7"}
    return Spot(f"d{number:04d}", "RF-310101-GY-2010-0003", metric, (metric,), **(base | more))  # type: ignore[arg-type]


def year(step: float = HOUR) -> np.ndarray:
    return np.arange(at("2025-01-01"), at("2026-01-01"), step)


@pytest.mark.parametrize("metric", RANGES)
def test_a_quiet_year_stays_within_the_bounds_of_the_trade(metric: str) -> None:
    low, high = RANGES[metric]
    for number in range(4):
        read = physics.values(spot(metric, number), metric, year())
        assert low <= read.min() <= read.max() <= high, (metric, number)


@pytest.mark.parametrize("metric", physics.LAWS)
def test_every_metric_is_repeatable_and_does_not_depend_on_what_was_asked_before(metric: str) -> None:
    t = year(7 * HOUR)
    whole = physics.values(spot(metric), metric, t)
    assert np.isfinite(whole).all()
    assert np.array_equal(whole, physics.values(spot(metric), metric, t))
    assert [physics.value(spot(metric), metric, one) for one in t[::-97]] == list(whole[::-97])


def test_seasons_plum_rains_and_people_show() -> None:
    t = year()
    month = np.array([datetime.fromtimestamp(one, UTC).month for one in t])
    outside = physics.values(spot("TEMP", outside=True), "TEMP", t)
    inside = physics.values(spot("TEMP"), "TEMP", t)
    assert outside[month == 7].mean() - outside[month == 1].mean() > 18
    assert 5 < inside[month == 8].mean() - inside[month == 2].mean() < 14
    damp = physics.values(spot("HUMI"), "HUMI", t)
    plum = (t > at("2025-06-18")) & (t < at("2025-07-14"))
    assert damp[plum].mean() - damp[month == 4].mean() > 8
    busy = physics.values(spot("CO2", use="COMMERCE"), "CO2", t)
    hour = ((t + 8 * HOUR) % DAY) / HOUR
    assert busy[(hour > 11) & (hour < 18)].mean() - busy[hour < 5].mean() > 150


def test_rain_fills_sumps_and_the_pump_draws_current_while_the_level_falls() -> None:
    pump = spot("CURR", 2, name="排水泵电流")
    t = np.arange(at("2025-06-20"), at("2025-06-30"), 60.0)
    level, amps = physics.values(spot("SUMP"), "SUMP", t), physics.values(pump, "CURR", t)
    falling = np.diff(level) < -12
    assert amps[1:][falling].mean() > 4
    assert amps[1:][np.diff(level) > 6].mean() < 0.6
    dry = np.arange(at("2025-11-01"), at("2025-11-11"), 60.0)
    runs = [int((np.diff(physics.values(pump, "CURR", days)) > 3).sum()) for days in (t, dry)]
    assert runs[0] > runs[1] > 0


def test_a_flood_a_blackout_and_carbon_monoxide_cross_their_thresholds_and_pass() -> None:
    t0 = at("2025-11-05T03:00:00")
    t = np.arange(t0 - HOUR, t0 + 3 * HOUR, 30.0)
    during, after = (t > t0 + 900) & (t < t0 + 1500), t > t0 + 2 * HOUR
    flood = [Effect("flood", "RF-310101-GY-2010-0003", "F01", t0, t0 + 1800)]
    level = physics.values(spot("SUMP"), "SUMP", t, flood)
    assert level[during].min() > 1400
    assert level[after].max() < 1030
    assert physics.values(spot("WATER"), "WATER", t, flood)[during].all()
    assert not physics.values(spot("WATER", unit="F02"), "WATER", t, flood).any()
    dark = [Effect("blackout", since=t0, until=t0 + 1800)]
    assert physics.values(spot("POWER"), "POWER", t, dark)[during].max() < 5
    assert physics.values(spot("FAN"), "FAN", t, dark)[during].max() == 0
    assert physics.values(spot("UPS"), "UPS", t, dark)[t < t0 + 1790][-1] < 40
    fumes = [Effect("co", since=t0, until=t0 + 1500)]
    assert physics.values(spot("CO"), "CO", t, fumes)[during].max() > 30
    assert physics.values(spot("FAN"), "FAN", t, fumes)[during].max() == 1


def test_in_an_emergency_the_work_is_shut_pressed_and_filled() -> None:
    t0 = at("2025-11-05T03:00:00")
    t = np.arange(t0 + 2 * HOUR, t0 + 3 * HOUR, 60.0)
    war = [Effect("emergency", since=t0)]
    read = {
        name: physics.values(spot(name), name, t, war) for name in ("TANK", "DP", "DOORST", "FAN", "FILT_TOX")
    }
    assert read["TANK"].min() >= 80
    assert read["DP"].min() > 30
    assert read["DOORST"].max() == 0
    assert read["FAN"].min() == 1
    assert 550 < read["FILT_TOX"].min() <= read["FILT_TOX"].max() < 850
    assert physics.values(spot("CO2"), "CO2", t, war).min() > 2000


def test_some_devices_fail_and_most_do_not() -> None:
    t = np.arange(at("2025-10-01"), at("2025-10-29"), 600.0)
    ill = dict.fromkeys(faults.Fault, 0)
    for number in range(400):
        one = spot("HUMI", number)
        ill[faults.spell(one, at("2025-10-10")).fault] += 1
        said = faults.disturbed(one, "HUMI", t, physics.values(one, "HUMI", t))
        assert said.shape == t.shape
    assert ill[faults.Fault.NONE] > 360
    assert all(ill[kind] > 0 for kind in faults.Fault)


def test_a_chatty_batch_crosses_the_threshold_again_and_again() -> None:
    t = np.arange(at("2025-10-01"), at("2025-10-02"), 60.0)
    chatty = [Effect(effects.FALSE_ALARMS, since=t[0] - 60, until=t[-1], target="B7")]
    good, bad = (spot("HUMI", 5, batch=batch) for batch in ("B1", "B7"))
    said = [faults.disturbed(one, "HUMI", t, physics.values(one, "HUMI", t), chatty) for one in (good, bad)]
    assert np.nanmax(said[0]) < 90
    assert (np.diff((said[1] > 90).astype(int)) == 1).sum() > 20


def test_bad_clocks_are_seven_minutes_ahead_in_seconds_or_in_1970() -> None:
    t = at("2025-11-03T00:30:00")
    seen = {faults.clock_of(spot("TEMP", n)): faults.stamped(spot("TEMP", n), t) for n in range(3000)}
    assert seen[faults.BadClock.RIGHT] == t * 1000
    assert seen[faults.BadClock.AHEAD] == (t + 420) * 1000
    assert seen[faults.BadClock.SECONDS] == t
    assert seen[faults.BadClock.RESET] < DAY * 1000
