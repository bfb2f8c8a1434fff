"""Stock history from files: real series with repeated times, steps back, decades and gaps."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.support.telemetry import a_device, a_series, forget

from minfang.supervision.arrival.models import SourceState
from minfang.supervision.arrival.sources import files
from minfang.supervision.telemetry import rollups
from minfang.supervision.telemetry.models import Conflict, LatestValue, Reading, Rollup1h

pytestmark = pytest.mark.django_db
DATA = Path(__file__).parents[2] / "data" / "sensors"
MACHINE = files.parse_map("time=timestamp,value=value,device=@machine,metric=@TEMP")
WATER = files.parse_map("time=Date,value=B49F0232_1,device=@well,metric=@SUMP")


@pytest.fixture(autouse=True)
def _a_new_process() -> Iterator[None]:
    forget()
    a_device("machine", "TEMP")
    a_device("well", "SUMP")
    yield
    forget()


@pytest.mark.feature(80)
def test_repeated_times_keep_their_first_value_and_a_second_import_adds_nothing() -> None:
    path = DATA / "machine_temperature.csv"
    first = files.import_csv(path, MACHINE)
    assert first.read == 100
    assert first.stored + first.conflicts + first.duplicates == 100
    assert first.conflicts == Conflict.objects.count() > 0
    assert Reading.objects.count() == first.stored == 100 - 12
    second = files.import_csv(path, MACHINE)
    assert (second.skipped, second.read, second.stored) == (100, 0, 0)
    again = files.import_csv(path, MACHINE, again=True)
    assert (again.read, again.stored) == (100, 0)
    assert Reading.objects.count() == first.stored


@pytest.mark.feature(80)
def test_decades_are_taken_and_empty_values_are_named() -> None:
    refused: list[files.Refused] = []
    report = files.import_csv(DATA / "groundwater.csv", WATER, on_refused=refused.append)
    assert (report.refused, report.stored) == (5, report.read - 5)
    assert {row.reason for row in refused} == {"时间或数值无法识别"}
    assert all(row.content.endswith(",") for row in refused)
    assert Reading.objects.order_by("ts").first().ts.year == 1971  # type: ignore[union-attr]
    assert LatestValue.objects.get(series_id=a_series("well", "SUMP")).ts.year == 2018
    rollups.roll()
    assert Rollup1h.objects.count() > 50


@pytest.mark.feature(80)
def test_an_interrupted_import_goes_on_where_it_stopped(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(files, "ROWS", 10)
    path = tmp_path / "history.csv"
    rows = [f"2026-05-0{1 + n // 24} {n % 24:02}:00:00,{n},machine,TEMP" for n in range(50)]
    path.write_text("\n".join(["at,v,dev,kind", *rows]) + "\n", encoding="utf-8")
    mapping = files.parse_map("time=at,value=v,device=dev,metric=kind")

    def pull_the_plug(report: files.Report) -> None:
        if report.read == 30:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        files.import_csv(path, mapping, on_progress=pull_the_plug)
    assert Reading.objects.count() == 30
    rest = files.import_csv(path, mapping)
    assert (rest.skipped, rest.read, rest.stored) == (30, 20, 20)
    assert Reading.objects.count() == 50
    state = SourceState.objects.get()
    assert (state.position, state.stored) == ("50", 50)


def test_a_mapping_that_does_not_fit_says_what_to_write() -> None:
    with pytest.raises(files.BadMap, match="device"):
        files.parse_map("time=a,value=b,metric=@TEMP")
    wrong = files.parse_map("time=a,value=b,device=@machine,metric=@TEMP")
    with pytest.raises(files.BadMap, match="没有列“a”，现有：timestamp"):
        files.import_csv(DATA / "machine_temperature.csv", wrong)


def test_rows_of_unknown_devices_and_kinds_are_refused_one_by_one(tmp_path: Path) -> None:
    path = tmp_path / "bad.csv"
    rows = ["2026-05-01,1,machine,TEMP", "2026-05-01,1,ghost,TEMP", "2026-05-01,1,machine,XYZ", "x"]
    path.write_text("\n".join(["at,v,dev,kind", *rows]), encoding="utf-8")
    refused: list[files.Refused] = []
    mapping = files.parse_map("time=at,value=v,device=dev,metric=kind")
    report = files.import_csv(path, mapping, on_refused=refused.append)
    assert (report.stored, report.refused) == (1, 3)
    assert [row.line for row in refused] == [3, 4, 5]
    assert refused[0].reason == "未登记设备 ghost"
