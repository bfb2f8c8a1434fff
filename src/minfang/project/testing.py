"""pytest plugin: one throw-away PostgreSQL server for a test session, shared by all its workers.

It is named with ``-p`` because the server has to answer before the settings are read.
"""

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

_home = os.environ.get("MINFANG_TEST_HOME") or tempfile.mkdtemp(prefix="minfang-test-")
_owner = "MINFANG_TEST_HOME" not in os.environ
os.environ["MINFANG_TEST_HOME"] = os.environ["MINFANG_HOME"] = _home
os.environ["MINFANG_DEMO"] = "1"
os.environ.setdefault("MINFANG_AUDIT_STRICT", "1")
os.environ.setdefault("MINFANG_RATE_LIMITS", "0")
# The browser driver keeps an event loop in the thread that later runs database tests; they do not share work.
os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "1"


def _start() -> Any:
    from minfang.project.postgres import EmbeddedPostgres

    server = EmbeddedPostgres(Path(_home) / "postgres", durable=False)
    os.environ["DATABASE_URL"] = server.start()
    return server


_server = _start() if _owner and "DATABASE_URL" not in os.environ else None


def pytest_unconfigure() -> None:
    """Stop the server and remove what it wrote."""
    if _server is not None:
        _server.stop()
    if _owner:
        shutil.rmtree(_home, ignore_errors=True)


def _clear_by_truncate(using: str, **_: Any) -> None:
    from django.db import connections

    from minfang.kernel.audit import append_only

    append_only.let_tests_empty_tables(connections[using])


@pytest.fixture(scope="session", autouse=True)
def _test_databases_may_be_emptied() -> Iterator[None]:
    """Tests with real transactions clear all tables; ``append_only`` says what this opens: nothing."""
    from django.apps import apps
    from django.db.models.signals import post_migrate

    post_migrate.connect(_clear_by_truncate, sender=apps.get_app_config("audit"))
    yield
    post_migrate.disconnect(_clear_by_truncate, sender=apps.get_app_config("audit"))


@pytest.fixture(autouse=True)
def _alarms_leave_with_their_test(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """A test whose transaction is rolled back takes its alarms with it; others use a real connection."""
    from minfang.kernel.audit import readings

    readings.forget()
    marker = request.node.get_closest_marker("django_db")
    if marker is not None and marker.kwargs.get("transaction"):
        return
    from minfang.kernel.audit import alarms

    @contextmanager
    def the_same() -> Iterator[str]:
        yield "default"

    monkeypatch.setattr(alarms, "connection_of_its_own", the_same)
