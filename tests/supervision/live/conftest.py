"""Works of the demonstration with their people, made once a file and taken back at its end."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.db import transaction
from tests.support import telemetry

from minfang.registry.models import Works
from minfang.sandbox import demo, demo_works
from minfang.services.actions import publishing

YANPING = "RF-310106-GY-2009-0003"


@pytest.fixture(scope="module")
def town(django_db_setup: None, django_db_blocker: Any) -> Iterator[None]:
    with django_db_blocker.unblock(), transaction.atomic():
        publishing.load_all()
        demo.ensure_accounts()
        demo_works.load(devices=506)
        yield
        transaction.set_rollback(True)


@pytest.fixture
def works(town: None, db: None) -> Works:
    """A work of the city in 静安, kept by the people of 延平路."""
    telemetry.forget()
    return Works.objects.get(works_no=YANPING)
