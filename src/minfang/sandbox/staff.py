"""The demonstration's staff, as the platforms for public servants know them."""

import html
import tomllib
from functools import lru_cache
from importlib.resources import files
from typing import Any

NUMBER_PREFIX = "SHGW"


@lru_cache(maxsize=1)
def everybody() -> dict[str, dict[str, Any]]:
    """Staff by their number (工号), and one servant this product has no account for."""
    text = files("minfang.services").joinpath("definitions/demo_accounts.toml").read_text(encoding="utf-8")
    found = {
        number_of(row["username"]): {
            "number": number_of(row["username"]),
            "name": row["name"],
            "organization": row["organization"],
            "title": row["title"],
            "mobile": row.get("mobile", ""),
        }
        for row in tomllib.loads(text)["account"]
        if row["face"] != "portal"
    }
    stranger = {
        "number": f"{NUMBER_PREFIX}999999",
        "name": "外单位人员",
        "organization": "SH-OTHER",
        "title": "外单位",
    }
    return {**found, stranger["number"]: {**stranger, "mobile": ""}}


def number_of(username: str) -> str:
    """The staff number of a demo account."""
    return f"{NUMBER_PREFIX}-{username}"


def cards() -> str:
    """One button a person, for a page on which somebody is chosen."""
    return "".join(_card(number, row["name"], row["title"]) for number, row in everybody().items())


def _card(number: str, name: str, title: str) -> str:
    return (
        f'<button class="card" name="user" value="{html.escape(number)}"><strong>{html.escape(name)}</strong>'
        f"<span>{html.escape(title)} · {html.escape(number)}</span></button>"
    )
