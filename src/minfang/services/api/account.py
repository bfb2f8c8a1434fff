"""One's own account: password, second factors, sessions (账号安全)."""

from django.http import HttpRequest
from ninja import Router

from minfang.kernel.iam.access import requires
from minfang.services import account_security
from minfang.services.schemas import (
    AccountSecurity,
    CertificateIn,
    OwnCertificate,
    Problem,
    SoftCertificate,
)

router = Router(tags=["账号安全"], auth=[requires("signed_in")])
PROBLEMS = {400: Problem, 401: Problem, 403: Problem, 404: Problem, 409: Problem, 422: Problem}


@router.get("", response={200: AccountSecurity, **PROBLEMS}, operation_id="account_security")
def overview(request: HttpRequest) -> AccountSecurity:
    """Everything about the security of one's own account."""
    return account_security.overview(request)


@router.delete("/totp", response={204: None, **PROBLEMS}, operation_id="remove_totp")
def remove_totp(request: HttpRequest) -> tuple[int, None]:
    """Take the code generator off."""
    account_security.remove_totp(request)
    return 204, None


@router.post("/certificates", response={200: OwnCertificate, **PROBLEMS}, operation_id="bind_certificate")
def bind_certificate(request: HttpRequest, body: CertificateIn) -> OwnCertificate:
    """Bind a certificate that has signed a challenge of this session."""
    return account_security.bind_certificate(request, body)


@router.delete("/certificates/{number}", response={204: None, **PROBLEMS}, operation_id="unbind_certificate")
def unbind_certificate(request: HttpRequest, number: int) -> tuple[int, None]:
    """Take a certificate off."""
    account_security.unbind_certificate(request, number)
    return 204, None


@router.delete("/sessions/{number}", response={204: None, **PROBLEMS}, operation_id="end_own_session")
def end_session(request: HttpRequest, number: int) -> tuple[int, None]:
    """Sign out at another place."""
    account_security.end_session(request, number)
    return 204, None


@router.get(
    "/soft-certificate",
    response={200: SoftCertificate, **PROBLEMS, 503: Problem},
    auth=[requires("signing_in")],
    operation_id="soft_certificate",
)
def soft_certificate(request: HttpRequest) -> SoftCertificate:
    """A software certificate to try certificate sign-in with; demo environment only."""
    return account_security.soft_certificate(request)
