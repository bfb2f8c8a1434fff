"""What every platform of this wing has in common: how codes are told to it, and the numbers of cases."""

import tomllib
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

from minfang.kernel.exchange.calling import Answer, address, call
from minfang.kernel.exchange.connectors import NotYet
from minfang.kernel.exchange.models import OutboxMessage
from minfang.kernel.exchange.queries import answers_of

__all__ = [
    "Answer",
    "address",
    "call",
    "case_number",
    "definition",
    "known_number",
    "look_up_numbers",
    "moment_text",
]

DEFINITION = Path(__file__).parent / "definitions" / "outside.toml"
NUMBER = "_apply_no"


@lru_cache(maxsize=1)
def definition() -> dict[str, Any]:
    """How codes are told to each platform."""
    return tomllib.loads(DEFINITION.read_text(encoding="utf-8"))


def case_number(message: OutboxMessage) -> str:
    """The 统一审批编码 of the message's case; until it has been issued nothing may be pushed (§6.2)."""
    given = message.payload.get("projid") or known_number(message)
    if not given:
        raise NotYet("统一审批编码尚未取得，取得后自动推送")
    return str(given)


def known_number(message: OutboxMessage) -> str:
    """The number issued for the message's case, empty before; looked up unless that was done for many."""
    if not message.__dict__.get(NUMBER):
        look_up_numbers([message])
    return str(message.__dict__[NUMBER])


def look_up_numbers(messages: Sequence[OutboxMessage]) -> None:
    """Ask once which numbers the cases of several messages have been given."""
    answers = answers_of("apply_no", {message.subject for message in messages})
    for message in messages:
        message.__dict__[NUMBER] = str(answers.get(message.subject, {}).get("apply_no", ""))


def moment_text(moment: Any) -> str:
    """An instant in the form of outside interfaces: ``yyyy-MM-dd HH:mm:ss``, Shanghai (handbook §0.3)."""
    from minfang.kernel.base.clock import SHANGHAI

    return str(moment.astimezone(SHANGHAI).strftime("%Y-%m-%d %H:%M:%S"))
