"""一网通办统一身份: the browser signs in there and comes back with a one-time code (handbook §6.10)."""

from typing import Any
from urllib.parse import urlencode

from minfang.kernel.exchange.connectors import Undelivered, Unreachable
from minfang.kernel.iam.actions import OutsidePerson
from minfang.services.connectors.outside import address, call

CODE = "identity"
CLIENT_ID = "minfang"
LEGAL_PERSON, UNIFIED_CREDIT_CODE = "2", "001"


class SignInFailed(Exception):
    """The platform does not vouch for whoever came back, or could not be asked."""


def authorize_url(return_url: str, state: str) -> str:
    """Where the browser goes to sign in; it comes back to ``return_url`` with ``code`` and ``state``."""
    parameters = {"client_id": CLIENT_ID, "redirect_uri": return_url, "state": state}
    return address(CODE, "/sso/authorize?" + urlencode(parameters))


def person_for(code: str) -> OutsidePerson:
    """Exchange the code for the person behind it, asking again with the same key when an answer is lost."""
    body, key = {"code": code, "client_id": CLIENT_ID}, f"sso:{code}"
    try:
        try:
            answer = call(CODE, "/sso/token", body=body, key=key)
        except Unreachable:
            answer = call(CODE, "/sso/token", body=body, key=key)
        return _person(answer.body["user"])
    except (Undelivered, KeyError, TypeError) as error:
        raise SignInFailed(str(error)) from error


def _person(user: dict[str, Any]) -> OutsidePerson:
    company = user.get("company")
    party = None
    if company:
        party = {
            "kind": LEGAL_PERSON,
            "name": company["name"],
            "id_type": UNIFIED_CREDIT_CODE,
            "id_no": company["uscc"],
            "legal_rep_name": company["legal_rep"],
            "address": company["address"],
        }
    return OutsidePerson(user["zwdtsw_user_id"], user["name"], user["id_no"], user["mobile"], party)
