"""The certificate authority of staff: its revocation list, and in demonstrations its software keys."""

import base64
import logging
import time
from typing import Any

from django.conf import settings

from minfang.kernel.base.errors import Refusal
from minfang.kernel.exchange.connectors import Undelivered
from minfang.services.connectors.outside import call

CODE = "staff_ca"
KEPT_SECONDS = 60.0
log = logging.getLogger(__name__)
_kept: dict[str, tuple[float, list[bytes]]] = {}


def revocation_lists() -> list[bytes]:
    """The CA's current revocation lists, DER, at most a minute old.

    While the CA cannot be reached the last lists count until their own end; without any, nothing is trusted.
    """
    place = settings.OUTSIDE_URLS.get(CODE, settings.SANDBOX_URL)
    known = _kept.get(place)
    if known and time.monotonic() - known[0] < KEPT_SECONDS:
        return known[1]
    try:
        lists = [base64.b64decode(item) for item in call(CODE, "/staff-ca/crl", body={}).body["lists"]]
    except (Undelivered, KeyError, TypeError, ValueError) as error:
        log.warning("no revocation list from the certificate authority: %s", error)
        return known[1] if known else []
    _kept[place] = (time.monotonic(), lists)
    return lists


def forget() -> None:
    """Ask anew at the next question."""
    _kept.clear()


def soft_certificate(name: str, account: str) -> dict[str, Any]:
    """A software key with its certificate, made by the sandbox; the same one each time."""
    try:
        return dict(call(CODE, "/staff-ca/soft-key", body={"name": name, "account": account}).body["key"])
    except (Undelivered, KeyError, TypeError) as error:
        raise Refusal(
            "CA_UNREACHABLE", "暂时取不到演示软证书。", "请确认沙箱在运行后重试。", status=503
        ) from error
