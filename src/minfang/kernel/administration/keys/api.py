"""Keys in the browser: the security administrator asks, the system administrator executes."""

from django.http import HttpRequest
from ninja import Router

from minfang.kernel.administration.keys import actions, queries
from minfang.kernel.administration.keys.schemas import DestructionIn, KeyOut, KeyPage, KeyUsage, RotateIn
from minfang.kernel.base.schemas import PROBLEMS
from minfang.kernel.crypto import actions as crypto_actions
from minfang.kernel.iam.access import access_of, require_fresh, requires

router = Router(tags=["密钥"], auth=[requires("key.read")])
ASKING, EXECUTING = [requires("key.request")], [requires("key.execute")]
ONE = {200: KeyOut, **PROBLEMS}


@router.get("", response={200: KeyPage, **PROBLEMS}, operation_id="list_keys")
def list_keys(request: HttpRequest) -> KeyPage:
    """All keys and certificates."""
    return queries.page(access_of(request).person)


@router.get("/usage", response={200: KeyUsage, **PROBLEMS}, operation_id="get_key_usage")
def get_key_usage(request: HttpRequest) -> KeyUsage:
    """How much each key still holds; takes a while with many files."""
    return queries.usage()


@router.post("/rotate", response=ONE, auth=EXECUTING, operation_id="rotate_key")
def rotate_key(request: HttpRequest, body: RotateIn) -> KeyOut:
    """Put a new key into use."""
    person = access_of(request).person
    crypto_actions.refuse_unless_rotatable(body.purpose)
    require_fresh(request)
    return queries.key_out(actions.rotate(body.purpose, person), person)


@router.post("/{number}/destruction", response=ONE, auth=ASKING, operation_id="ask_key_destruction")
def ask_key_destruction(request: HttpRequest, number: int, body: DestructionIn) -> KeyOut:
    """Ask for the destruction of a key that only opens."""
    person = access_of(request).person
    crypto_actions.known(number)
    require_fresh(request)
    return queries.key_out(actions.ask_destruction(number, person, body.reason), person)


@router.post("/{number}/destruction/withdraw", response=ONE, auth=ASKING, operation_id="withdraw_key_request")
def withdraw_key_request(request: HttpRequest, number: int) -> KeyOut:
    """Take the request back."""
    person = access_of(request).person
    return queries.key_out(actions.withdraw_request(number, person), person)


@router.post("/{number}/destroy", response=ONE, auth=EXECUTING, operation_id="destroy_key")
def destroy_key(request: HttpRequest, number: int) -> KeyOut:
    """Carry out what another administrator asked for."""
    person = access_of(request).person
    crypto_actions.known(number)
    require_fresh(request)
    return queries.key_out(actions.destroy(number, person), person)
