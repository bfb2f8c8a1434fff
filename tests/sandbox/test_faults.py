"""The switches do what they say, countably."""

import threading
import time
from pathlib import Path

import httpx
import pytest
from tests.support.sandbox import Sandbox, start_sandbox

from minfang.sandbox.faults import BadFault, Faults, Switchboard

BODY = {"item_code": "312090036000", "internal_no": "X1"}


def statuses(sandbox: Sandbox, count: int) -> list[int]:
    return [sandbox.platform("/apply-no", {**BODY, "internal_no": f"X{n}"}).status_code for n in range(count)]


def test_half_means_every_second(sandbox: Sandbox) -> None:
    sandbox.faults("apply_no", fail_percent=50)
    assert statuses(sandbox, 6) == [200, 500, 200, 500, 200, 500]
    assert sandbox.request("GET", "/control/apply_no").json()["struck"] == 3


def test_the_next_calls_fail_and_then_no_more(sandbox: Sandbox) -> None:
    sandbox.faults("apply_no", fail_next=2, mode="reject")
    assert statuses(sandbox, 4) == [400, 400, 200, 200]


def test_chance_with_a_seed_is_the_same_chance_every_time() -> None:
    def draw() -> list[bool]:
        board = Switchboard(Faults(fail_percent=30, seed=7))
        return [board.strikes() for _ in range(200)]

    assert draw() == draw()
    assert 40 < sum(draw()) < 80


@pytest.mark.parametrize("percent", [0, 1, 10, 33, 50, 99, 100])
def test_an_even_share_is_exact(percent: int) -> None:
    board = Switchboard(Faults(fail_percent=percent))
    assert sum(board.strikes() for _ in range(100)) == percent


def test_a_lost_answer_was_processed_all_the_same(sandbox: Sandbox) -> None:
    sandbox.faults("apply_no", fail_next=1, mode="lost_answer", hang_seconds=1)
    headers = {"token": "sandbox-token", "Idempotency-Key": "k"}
    with pytest.raises(httpx.ReadTimeout):
        httpx.post(f"{sandbox.url}/apply-no", json=BODY, headers=headers, timeout=0.2, trust_env=False)
    first = sandbox.records("apply_no", "internal")[0]["data"]
    answer = sandbox.platform("/apply-no", BODY, "k").json()
    assert answer["apply_no"] == first
    assert [a["outcome"] for a in sandbox.arrivals("apply_no")] == ["repeated", "lost_answer"]


def test_a_timed_out_call_was_not_processed(sandbox: Sandbox) -> None:
    sandbox.faults("apply_no", fail_next=1, mode="timeout", hang_seconds=0.1)
    assert sandbox.platform("/apply-no", BODY, "k").status_code == 504
    assert sandbox.records("apply_no") == []


def test_a_slow_platform_still_answers(sandbox: Sandbox) -> None:
    sandbox.faults("apply_no", slow_seconds=0.3)
    started = time.monotonic()
    assert statuses(sandbox, 1) == [200]
    assert time.monotonic() - started >= 0.3


def test_twice_handles_every_call_a_second_time_without_a_second_effect(sandbox: Sandbox) -> None:
    sandbox.faults("apply_no", twice=True)
    sandbox.platform("/apply-no", BODY, "k")
    assert [a["outcome"] for a in sandbox.arrivals("apply_no")] == ["repeated", "accepted"]
    assert len(sandbox.records("apply_no", "internal")) == 1


def test_wrong_positions_are_refused(sandbox: Sandbox) -> None:
    for switches in ({"mode": "explode"}, {"fail_percent": 101}, {"colour": 1}, {"slow_seconds": "x"}):
        response = sandbox.request("PUT", "/control/apply_no", json=switches)
        assert response.status_code == 400
        assert response.json()["message"]
    assert sandbox.request("PUT", "/control/nobody", json={}).status_code == 404
    with pytest.raises(BadFault):
        Faults.read({"seed": "x"})


def test_the_sandbox_stops_at_once_even_while_a_call_hangs(tmp_path: Path) -> None:
    other, process = start_sandbox(tmp_path)
    other.faults("apply_no", fail_next=1, mode="timeout", hang_seconds=60)
    with pytest.raises(httpx.ReadTimeout):
        httpx.post(f"{other.url}/apply-no", json=BODY, timeout=0.2, trust_env=False)
    waiting = threading.Thread(target=lambda: other.platform("/apply-no", BODY))
    other.faults("apply_no", fail_next=1)
    waiting.start()
    time.sleep(0.3)
    process.terminate()
    assert process.wait(8) == 0
    waiting.join()


def test_switches_and_records_outlive_a_restart(tmp_path: Path) -> None:
    other, process = start_sandbox(tmp_path)
    number = other.platform("/apply-no", BODY).json()["apply_no"]
    other.faults("rating", fail_percent=25)
    process.terminate()
    process.wait(8)
    again, process = start_sandbox(tmp_path)
    assert again.platform("/apply-no", BODY).json()["apply_no"] == number
    assert again.request("GET", "/control/rating").json()["faults"]["fail_percent"] == 25
    process.terminate()
    process.wait(8)
