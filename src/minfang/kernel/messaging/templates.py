"""Wordings with ``${variable}`` in them: reading, checking and filling in. Pure."""

import logging
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

log = logging.getLogger(__name__)
PLACE = re.compile(r"\$\{([A-Za-z][A-Za-z0-9_]*)\}")
MISSING = "—"


class BadTemplate(ValueError):
    """A wording that must not be published; the text says why, in Chinese."""


@dataclass(frozen=True)
class Wording:
    """One template as its definition file has it."""

    event: str
    channel: str
    body: str
    title: str = ""
    variables: tuple[str, ...] = ()

    def check(self) -> None:
        """Refuse a wording that is empty or uses a variable its event does not provide."""
        if not self.body.strip():
            raise BadTemplate(f"{self.event}/{self.channel}：正文为空")
        unknown = sorted(names_in(self.title + self.body) - set(self.variables))
        if unknown:
            raise BadTemplate(f"{self.event}/{self.channel}：未声明的变量 {'、'.join(unknown)}")
        stray = PLACE.sub("", self.title + self.body)
        if "${" in stray:
            raise BadTemplate(f"{self.event}/{self.channel}：变量写法不对，应为 ${{变量名}}")


def names_in(text: str) -> set[str]:
    """The variables a wording uses."""
    return set(PLACE.findall(text))


def fill(text: str, context: Mapping[str, Any]) -> str:
    """The wording with its values; filled once, so a value that looks like a variable stays as it is.

    A value the caller did not give is shown as a dash: a message with a gap is better than none.
    """

    def value(match: re.Match[str]) -> str:
        found = context.get(match[1])
        if found is None or found == "":
            log.warning("message variable %s has no value", match[1])
            return MISSING
        return str(found)

    return PLACE.sub(value, text)


def read(definition: Mapping[str, Any]) -> list[Wording]:
    """The wordings of a definition file: ``[events.NAME]`` with ``variables`` and one text a channel."""
    wordings = []
    for event, item in definition["events"].items():
        variables = tuple(item.get("variables", ()))
        for channel in ("SMS", "IN_APP"):
            if body := item.get(channel.lower(), ""):
                title = item.get("title", "") if channel == "IN_APP" else ""
                wordings.append(Wording(event, channel, body.strip(), title, variables))
    return wordings
