"""The definitions and the people of the demonstration, loaded once into the test database."""

from typing import Any

import pytest

from minfang.sandbox import demo
from minfang.services.actions import publishing


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None, django_db_blocker: Any) -> None:
    """Load them once; each test's own changes are taken back."""
    with django_db_blocker.unblock():
        publishing.load_all()
        demo.ensure_accounts()
