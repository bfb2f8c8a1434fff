"""Files the browser tests upload."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from PIL import Image


@pytest.fixture
def pdf_file(tmp_path: Path) -> Path:
    """A genuine PDF drawing."""
    path = tmp_path / "A-03 人防平面图.pdf"
    Image.new("RGB", (800, 560), "white").save(path, "PDF")
    return path


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> Iterator[None]:
    """Fixtures learn whether their test failed."""
    outcome = yield
    report = outcome.get_result()  # type: ignore[attr-defined]
    if report.when == "call" and report.failed:
        item.failed = True  # type: ignore[attr-defined]
