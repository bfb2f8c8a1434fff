"""The desk, the list, the case page and saving a form, as officers and applicants use them over HTTP."""

import json
import random
import time
from typing import Any

from bench.load import Choice, User, crowd
from bench.measure import Result, median, quantile, times_of
from bench.world import World, session_of

USERS, SECONDS, SATURATED_SECONDS = 20, 24.0, 6.0
THINK = (0.5, 1.5)
PAGE_TARGET, SAVE_TARGET = 150.0, 80.0
NAMES = {"desk": "工作台", "list": "办件列表", "case": "办件页"}
SAVES = 60


def officers(world: World) -> list[tuple[User, Choice]]:
    """Twenty officers, each with the cases they may read."""
    from minfang.kernel.iam.access import Access
    from minfang.kernel.iam.models import Person
    from minfang.services.case_filters import of_tab

    people = Person.objects.filter(kind="STAFF", grants__role__permissions__contains="case.read")
    named = people.exclude(username__startswith="demo.").distinct().order_by("pk")
    others = people.filter(username__startswith="demo.").distinct().order_by("pk")
    found = []
    for person in [*named, *others][:USERS]:
        access = Access(person)
        ids = list(of_tab(access, "todo").order_by("pk").values_list("pk", flat=True)[:60])
        ids += list(of_tab(access, "all").order_by("-pk").values_list("pk", flat=True)[:60])
        if ids:
            found.append((User(world.url, session_of(person)), _choice(ids)))
    return found


def _choice(ids: list[int]) -> Choice:
    def choose(chance: random.Random) -> tuple[str, str]:
        kind = chance.choices(["desk", "list", "case"], [1, 1, 2])[0]
        if kind == "desk":
            return kind, "/api/office/desk"
        if kind == "list":
            tab = chance.choice(["todo", "done", "all"])
            return kind, f"/api/office/cases?tab={tab}&sort=urgent&size=20"
        return kind, f"/api/office/cases/{chance.choice(ids)}"

    return choose


def _only(kind: str, choose: Choice) -> Choice:
    def again(chance: random.Random) -> tuple[str, str]:
        while True:
            name, path = choose(chance)
            if name == kind:
                return name, path

    return again


def office_pages(world: World) -> list[Result]:
    """Answers while twenty officers work, and how many a second there can be."""
    users = officers(world)
    empty = median(times_of(lambda: users[0][0].ask("/healthz"), 40)) * 1000
    for user, _ in users:
        user.ask("/api/office/desk")
    seen = crowd(users, SECONDS, THINK)
    if seen.failures:
        raise RuntimeError(f"{len(seen.failures)} requests failed, the first: {seen.failures[0]}")
    results = []
    for kind, name in NAMES.items():
        values = [value * 1000 for value in seen.times[kind]]
        note = f"{len(users)} 人在线、思考 0.5–1.5 秒，p95，{len(values)} 次"
        results.append(
            Result(name, quantile(values), "ms", PAGE_TARGET, median(values), empty, "空白页", note)
        )
    for kind, name in NAMES.items():
        full = crowd([(u, _only(kind, c)) for u, c in users], SATURATED_SECONDS, None)
        values = [value * 1000 for value in full.times[kind]] or [0.0]
        results.append(
            Result(
                f"{name} 饱和",
                quantile(values),
                "ms",
                None,
                median(values),
                note=f"无思考时间，每秒 {full.rate:.0f} 次",
            )
        )
    return results


def save_form(world: World) -> list[Result]:
    """Saving a complete draft, beside a bare UPDATE of as many bytes."""
    from django.db import connection

    from minfang.kernel.iam.models import Person
    from minfang.services.matters import DEFINITIONS

    sample = json.loads((DEFINITIONS / "BASEMENT_SYNC" / "samples" / "valid.json").read_text())
    user = User(world.url, session_of(Person.objects.get(username="zhou.mingyu")))
    case_id = _post(user, "/api/portal/cases", {"matter": "BASEMENT_SYNC"})["id"]
    version = json.loads(user.ask(f"/api/portal/cases/{case_id}")[2])["version"]
    values = []
    for _ in range(SAVES + 5):
        body = json.dumps({"data": sample, "step": "area", "seen_version": version}).encode()
        took, status, content = user.ask(f"/api/portal/cases/{case_id}/draft", method="PUT", body=body)
        if status != 200:
            raise RuntimeError(f"save: {status} {content[:300]!r}")
        version = json.loads(content)["version"]
        values.append(took * 1000)

    with connection.cursor() as cursor:
        cursor.execute("SELECT form_data FROM svc_case WHERE id = %s", [case_id])
        stored = bytes(cursor.fetchone()[0])

    def update() -> None:
        with connection.cursor() as cursor:
            cursor.execute("UPDATE svc_case SET form_data = %s WHERE id = %s", [stored, case_id])

    bare = median(times_of(update, 40)) * 1000
    values = values[5:]
    return [
        Result(
            "保存表单",
            quantile(values),
            "ms",
            SAVE_TARGET,
            median(values),
            bare,
            "裸 UPDATE",
            f"p95，{SAVES} 次",
        )
    ]


def _post(user: User, path: str, body: dict[str, Any]) -> Any:
    _, status, content = user.ask(path, method="POST", body=json.dumps(body).encode())
    if status != 200:
        raise RuntimeError(f"{path}: {status} {content[:300]!r}")
    time.sleep(0.05)
    return json.loads(content)
