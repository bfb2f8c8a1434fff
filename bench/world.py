"""A throw-away instance with very many cases: its own folder, database, website and sandbox."""

import os
import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

CLEARED = ("DATABASE_URL", "DATABASE_OWNER_URL", "PORT", "SANDBOX_PORT", "MINFANG_SEAL_ROOTS")


@dataclass(frozen=True)
class World:
    """A running instance to be measured."""

    url: str
    sandbox: str
    home: Path
    cases: int
    seconds_to_fill: float


@contextmanager
def world(cases: int) -> Iterator[World]:
    """Start an instance as ``make up`` does, without the worker, and take it away afterwards."""
    home = Path(tempfile.mkdtemp(prefix="minfang-bench-"))
    os.environ["MINFANG_HOME"] = str(home)
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "minfang.project.settings")
    for name in (*CLEARED, "MINFANG_BROKER_URL", "MINFANG_BROKER_MQTT"):
        os.environ.pop(name, None)
    os.environ["PORT"] = os.environ["SANDBOX_PORT"] = os.environ["MINFANG_SIMULATOR"] = "0"
    from minfang.project.supervisor import Supervisor

    supervisor = Supervisor(home)
    try:
        supervisor.lock()
        supervisor.start_database()
        runtime = supervisor.choose_addresses()
        seconds = _fill(cases)
        supervisor.start_children(runtime)
        for child in [child for child in supervisor.children if child.name in ("worker", "ingest")]:
            supervisor.children.remove(child)
            child.stop()
        supervisor.wait_ready(runtime)
        yield World(str(runtime["url"]), str(runtime["sandbox"]), home, cases, seconds)
    finally:
        _close()
        supervisor.shut_down()
        shutil.rmtree(home, ignore_errors=True)


def _fill(cases: int) -> float:
    """Definitions, accounts and cases; returns the seconds the cases took."""
    from minfang.project import cli, privileges

    cli.prepare_django()
    cli.migrate()
    cli.load()
    from django.db import connection

    from minfang.sandbox import demo, demo_cases

    demo.ensure_accounts()
    begun = time.monotonic()
    demo_cases.ensure(cases, light=True)
    seconds = time.monotonic() - begun
    with privileges.as_owner(), connection.cursor() as cursor:
        cursor.execute("ANALYZE")
        cursor.execute("CHECKPOINT")
    _close()
    return seconds


def _close() -> None:
    from django.db import connections

    connections.close_all()


def session_of(person: Any) -> str:
    """A signed-in session, made without the sign-in page."""
    from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY

    from minfang.kernel.iam import proof
    from minfang.kernel.iam.session_store import SessionStore

    store = SessionStore()
    store[SESSION_KEY] = str(person.pk)
    store[BACKEND_SESSION_KEY] = "django.contrib.auth.backends.ModelBackend"
    store[HASH_SESSION_KEY] = person.get_session_auth_hash()
    now = proof.now_seconds()
    store[proof.KEY] = asdict(proof.Proof(now, now, "bench", ["bench"], True, now, now))
    store.create()
    return str(store.session_key)


def works_for_measuring(number: str) -> Any:
    """A work of the district its number names, for devices that are only measured."""
    from minfang.registry.models import Works

    facts = {"name": "测量用工程", "kind": "GY", "management_level": "CITY_DIRECT"}
    place = {"works_no": number, "defaults": {**facts, "district_code": number.split("-")[1]}}
    return Works.objects.get_or_create(**place)[0]
