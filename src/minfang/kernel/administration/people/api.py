"""Accounts in the browser: the system administrator keeps them, the security administrator unlocks."""

from django.http import HttpRequest
from ninja import Query, Router
from ninja import Schema as Filters

from minfang.kernel.administration.people import actions, queries
from minfang.kernel.administration.people.schemas import (
    Account,
    AccountChange,
    AccountIn,
    AccountOptions,
    AccountPage,
    AccountReason,
    OneTimePassword,
    PersonalNumbers,
)
from minfang.kernel.base.schemas import PROBLEMS
from minfang.kernel.iam.access import access_of, require_fresh, requires

router = Router(tags=["人员"], auth=[requires("people.read")])
MANAGE = [requires("people.manage")]
SESSIONS = [requires("session.manage")]
ONE = {200: Account, **PROBLEMS}


class AccountFilters(Filters):
    """Filters of the list, all shareable in the address."""

    keyword: str = ""
    kind: str = "STAFF"
    office: int = 0
    role: str = ""
    state: str = ""
    unused: bool = False
    sort: str = "name"
    page: int = 1
    size: int = 20


@router.get("", response={200: AccountPage, **PROBLEMS}, operation_id="list_accounts")
def list_accounts(request: HttpRequest, filters: AccountFilters = Query(...)) -> AccountPage:  # noqa: B008
    """Accounts by office, role and state."""
    return queries.accounts(queries.Asked(**filters.dict()))


@router.get("/options", response={200: AccountOptions, **PROBLEMS}, operation_id="get_account_options")
def get_account_options(request: HttpRequest) -> AccountOptions:
    """What filters and forms offer."""
    return queries.options()


@router.get("/{person_id}", response=ONE, operation_id="get_account")
def get_account(request: HttpRequest, person_id: int) -> Account:
    """One account."""
    return queries.account(person_id)


@router.post("", response={200: OneTimePassword, **PROBLEMS}, operation_id="create_account", auth=MANAGE)
def create_account(request: HttpRequest, body: AccountIn) -> OneTimePassword:
    """A new account without roles; the answer holds its one-time password."""
    require_fresh(request)
    person, password = actions.create(body, access_of(request).person)
    return OneTimePassword(account=queries.account(person.pk), password=password)


@router.put("/{person_id}", response=ONE, operation_id="correct_account", auth=MANAGE)
def correct_account(request: HttpRequest, person_id: int, body: AccountChange) -> Account:
    """Correct the particulars of an account."""
    actions.correct(person_id, body, access_of(request).person)
    return queries.account(person_id)


@router.post("/{person_id}/disable", response=ONE, operation_id="disable_account", auth=MANAGE)
def disable_account(request: HttpRequest, person_id: int, body: AccountReason) -> Account:
    """Close an account; its sessions end."""
    actions.disable(person_id, body.reason, access_of(request).person)
    return queries.account(person_id)


@router.post("/{person_id}/enable", response=ONE, operation_id="enable_account", auth=MANAGE)
def enable_account(request: HttpRequest, person_id: int, body: AccountReason) -> Account:
    """Open a closed account again."""
    require_fresh(request)
    actions.enable(person_id, body.reason, access_of(request).person)
    return queries.account(person_id)


@router.post(
    "/{person_id}/password",
    response={200: OneTimePassword, **PROBLEMS},
    operation_id="reset_account_password",
    auth=MANAGE,
)
def reset_account_password(request: HttpRequest, person_id: int, body: AccountReason) -> OneTimePassword:
    """A one-time password, shown once."""
    require_fresh(request)
    password = actions.reset_password(person_id, body.reason, access_of(request).person)
    return OneTimePassword(account=queries.account(person_id), password=password)


@router.post(
    "/{person_id}/unmask",
    response={200: PersonalNumbers, **PROBLEMS},
    operation_id="unmask_account",
    auth=MANAGE,
)
def unmask_account(request: HttpRequest, person_id: int, body: AccountReason) -> PersonalNumbers:
    """The full personal numbers, for a reason."""
    return actions.unmask(person_id, body.reason, access_of(request).person)


@router.post("/{person_id}/unlock", response=ONE, operation_id="unlock_account", auth=SESSIONS)
def unlock_account(request: HttpRequest, person_id: int, body: AccountReason) -> Account:
    """Let a locked person try again."""
    actions.unlock(person_id, body.reason, access_of(request).person)
    return queries.account(person_id)


@router.post("/{person_id}/second-factor", response=ONE, operation_id="reset_second_factor", auth=SESSIONS)
def reset_second_factor(request: HttpRequest, person_id: int, body: AccountReason) -> Account:
    """Take the second factors off an account."""
    require_fresh(request)
    actions.reset_second_factor(person_id, body.reason, access_of(request).person)
    return queries.account(person_id)


@router.post(
    "/{person_id}/settle", response=ONE, operation_id="settle_account", auth=[requires("grant.manage")]
)
def settle_account(request: HttpRequest, person_id: int, body: AccountReason) -> Account:
    """Seal an account anew whose row was changed past the product."""
    require_fresh(request)
    actions.settle(person_id, body.reason, access_of(request).person)
    return queries.account(person_id)
