"""The table of routes kept as data (``tests/project/routes.toml``), and the routes the product has."""

import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from minfang.kernel.iam.models import Role
from minfang.project.api import api

TABLE = Path(__file__).parents[1] / "project" / "routes.toml"
OPEN = ("public", "signing_in", "signed_in")
EVERYBODY = "everybody"
ROW = '  {{ call = "{call}", permission = "{permission}", roles = [{roles}], scope = "{scope}" }},\n'


@dataclass(frozen=True)
class Route:
    """One operation: its row in the table.

    ``scope`` says whose objects the address names (a table of the same file; ``none``: nobody's).
    ``body`` and ``query`` are valid where that is needed to reach the look-up (``"$item_id"`` is an id of the
    object); ``reached`` are refusals that show that the object was found.
    """

    call: str
    permission: str
    roles: list[str]
    scope: str
    body: dict[str, Any] = field(default_factory=dict)
    query: str = ""
    reached: list[int] = field(default_factory=list)

    def lets_in(self, held: set[str]) -> bool:
        """Whether somebody with these roles may use it."""
        return EVERYBODY in self.roles or not held.isdisjoint(self.roles)

    @property
    def method(self) -> str:
        return self.call.split(" ")[0]

    @property
    def address(self) -> str:
        return self.call.split(" ")[1]


def table() -> dict[str, Any]:
    """The whole file."""
    return tomllib.loads(TABLE.read_text(encoding="utf-8"))


def rows() -> list[Route]:
    """The rows of the table."""
    return [Route(**row) for row in table()["table"]["route"]]


def routes() -> Iterator[tuple[str, str, set[str]]]:
    """Method, address and declared permissions of every operation the product has."""
    for prefix, router in api._routers:
        for path, view in router.path_operations.items():
            for operation in view.operations:
                guards = operation.auth_callbacks or router.auth or []
                permissions = {str(getattr(guard, "permission", "")) for guard in guards}
                parts = [part.strip("/") for part in ("api", prefix, path) if part.strip("/")]
                for method in operation.methods:
                    yield method, "/" + "/".join(parts), permissions


def bare(address: str) -> str:
    """An address with the types of its parameters left out: ``{int:push_id}`` is ``{push_id}``."""
    return re.sub(r"\{\w+:(\w+)\}", r"{\1}", address)


def filled(address: str, values: dict[str, Any]) -> str:
    """The address with its parameters; those without a value name something that is not there."""

    def value(found: re.Match[str]) -> str:
        name = found.group(1)
        missing = "00000000-0000-0000-0000-000000000000" if name in ("file_id", "upload_id") else "999999999"
        return str(values.get(name, missing))

    return re.sub(r"\{(\w+)\}", value, bare(address))


def body_of(row: Route, ids: dict[str, Any]) -> dict[str, Any]:
    """The body with the ids of the object put in."""
    return {
        name: _plain(ids[value[1:]]) if isinstance(value, str) and value.startswith("$") else value
        for name, value in row.body.items()
    }


def _plain(value: Any) -> Any:
    return value if isinstance(value, int) else str(value)


def holders_of(permission: str) -> list[str]:
    """The roles a permission lets in, from the role table; everybody for what needs none."""
    if permission in OPEN:
        return [EVERYBODY]
    if permission == "portal.use":
        return ["applicant"]
    return [role.code for role in Role.objects.order_by("pk") if permission in role.permissions]


def suggestion(method: str, address: str, permission: str) -> str:
    """The row somebody who added this route writes, after thinking about its scope."""
    roles = ", ".join(f'"{code}"' for code in holders_of(permission))
    return ROW.format(
        call=f"{method} {bare(address)}", permission=permission, roles=roles, scope=_scope(address)
    )


def _scope(address: str) -> str:
    if "{" not in address:
        return "none"
    for prefix, scope in (
        ("/api/office/cases", "office"),
        ("/api/portal", "applicant"),
        ("/api/office/works", "works"),
        ("/api/office/devices", "works"),
    ):
        if address.startswith(prefix):
            return scope
    return "none"
