"""Fixtures of the engine's tests."""

import pytest
from tests.kernel.workflow.samples import World


@pytest.fixture
def world(db: None) -> World:
    return World()
