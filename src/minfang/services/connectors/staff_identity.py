"""公务人员统一身份认证 and 随申办政务云: the back channel for a code or a ticket (handbook §6.10)."""

import secrets
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from minfang.kernel.exchange.connectors import Undelivered, Unreachable
from minfang.services.connectors.identity import CLIENT_ID, SignInFailed
from minfang.services.connectors.outside import address, call

CODE, CLOUD = "gov_staff", "gov_cloud"
PROVIDER = "gov_staff"


@dataclass(frozen=True)
class OutsideStaff:
    """A member of staff as the platforms tell: staff number (工号), name, code of the organisation."""

    number: str
    name: str
    organization: str


def authorize_url(return_url: str, state: str, nonce: str) -> str:
    """Where the browser goes; it comes back to ``return_url`` with ``code`` and ``state``."""
    parameters = {
        "response_type": "code",
        "client_id": CLIENT_ID,
        "redirect_uri": return_url,
        "state": state,
        "nonce": nonce,
    }
    return address(CODE, "/gov-staff/authorize?" + urlencode(parameters))


def staff_for(code: str, nonce: str) -> OutsideStaff:
    """Exchange the code; the answer must carry the nonce this browser set out with."""
    body = {"code": code, "client_id": CLIENT_ID}
    answer = _asked(CODE, "/gov-staff/token", body, f"staff-sso:{code}")
    if not secrets.compare_digest(str(answer.get("nonce", "")).encode(), nonce.encode()):
        raise SignInFailed("the answer belongs to another sign-in")
    return _staff(answer)


def staff_for_ticket(ticket: str) -> OutsideStaff:
    """Exchange the mobile container's one-time ticket."""
    body = {"ticket": ticket, "client_id": CLIENT_ID}
    return _staff(_asked(CLOUD, "/gov-cloud/ticket", body, f"ticket:{ticket}"))


def _asked(platform: str, path: str, body: dict[str, Any], key: str) -> dict[str, Any]:
    """The platform's answer, asking again with the same key when an answer is lost."""
    try:
        try:
            return call(platform, path, body=body, key=key).body
        except Unreachable:
            return call(platform, path, body=body, key=key).body
    except Undelivered as error:
        raise SignInFailed(str(error)) from error


def _staff(answer: dict[str, Any]) -> OutsideStaff:
    try:
        user = answer["user"]
        return OutsideStaff(str(user["number"]), str(user["name"]), str(user["organization"]))
    except (KeyError, TypeError) as error:
        raise SignInFailed("the answer is incomplete") from error
