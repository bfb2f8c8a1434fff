"""These tests look at platforms, not at cases: what the product does with an answer is tested elsewhere."""

import pytest

from minfang.kernel.exchange import connectors


@pytest.fixture(autouse=True)
def _answers_touch_no_case(monkeypatch: pytest.MonkeyPatch) -> None:
    kept = {key: value for key, value in connectors._delivered.items() if key[0] == "sms"}
    monkeypatch.setattr(connectors, "_delivered", kept)
