"""Fixtures every test may use."""

from pathlib import Path

import pytest


@pytest.fixture(autouse=True)
def _files_in_a_folder_of_their_own(settings: object, tmp_path: Path) -> None:
    settings.FILES_ROOT = str(tmp_path / "files")  # type: ignore[attr-defined]


pytest_plugins = ["tests.support.sandbox", "tests.support.product"]


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The long tests begin first."""
    items.sort(key=lambda item: item.get_closest_marker("slow") is None)
