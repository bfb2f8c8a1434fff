"""Messages between the product and a password service: NTV values, and the MAC over each message."""

import base64
import binascii
from collections.abc import Mapping
from datetime import datetime
from typing import Any

import orjson

from minfang.kernel.crypto import local

Value = bytes | str | datetime
Values = Mapping[str, Value]


class BadMessage(ValueError):
    """A message that is no NTV message, lacks a value, or whose MAC does not hold."""


def packed(values: Values) -> list[dict[str, str]]:
    """Values as an NTV list."""
    found = []
    for name, value in values.items():
        if isinstance(value, bytes):
            kind, text = "Base64", base64.b64encode(value).decode()
        elif isinstance(value, datetime):
            kind, text = "DateTime", value.isoformat()
        else:
            kind, text = "Raw", value
        found.append({"Name": name, "Type": kind, "Value": text})
    return found


class Unpacked:
    """The values of a message; what is missing or of the wrong type raises ``fault``."""

    fault: type[Exception] = BadMessage

    def __init__(self, data: Any) -> None:
        try:
            self._values = {item["Name"]: (item["Type"], item["Value"]) for item in data}
        except (TypeError, KeyError) as error:
            raise self.fault("报文数据无法识别") from error

    def _of(self, name: str, kind: str) -> str:
        found = self._values.get(name)
        if found is None or found[0] != kind or not isinstance(found[1], str):
            raise self.fault(f"报文缺少 {name}，或其类型不是 {kind}")
        return found[1]

    def has(self, name: str) -> bool:
        """Whether there is such a value."""
        return name in self._values

    def text(self, name: str) -> str:
        """A Raw value."""
        return self._of(name, "Raw")

    def octets(self, name: str) -> bytes:
        """A Base64 value."""
        try:
            return base64.b64decode(self._of(name, "Base64"), validate=True)
        except binascii.Error as error:
            raise self.fault(f"报文中 {name} 不是 Base64") from error

    def moment(self, name: str) -> datetime:
        """A DateTime value, aware."""
        try:
            found = datetime.fromisoformat(self._of(name, "DateTime"))
        except ValueError as error:
            raise self.fault(f"报文中 {name} 不是时间") from error
        if found.tzinfo is None:
            raise self.fault(f"报文中 {name} 没有时区")
        return found


def sealed(message: dict[str, Any], secret: bytes) -> dict[str, Any]:
    """The message with its MAC."""
    return {**message, "Mac": _mac(message, secret)}


def holds(message: dict[str, Any], secret: bytes) -> bool:
    """Whether the MAC of a message is right."""
    rest = {name: value for name, value in message.items() if name != "Mac"}
    return local.constant_time_equal(_mac(rest, secret).encode(), str(message.get("Mac", "")).encode())


def _mac(message: dict[str, Any], secret: bytes) -> str:
    return local.hmac_sm3(secret, orjson.dumps(message, option=orjson.OPT_SORT_KEYS)).hex()
