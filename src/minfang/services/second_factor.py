"""The second step of a sign-in, and the confirmation of identity before an act of weight."""

import base64
import binascii
import io

import segno
from django.http import HttpRequest

from minfang.kernel.base.errors import Refusal
from minfang.kernel.iam import actions as iam
from minfang.kernel.iam import passwords, proof, sessions, totp
from minfang.kernel.iam.access import signing_in
from minfang.kernel.iam.certificate_proof import Signed
from minfang.kernel.iam.models import Person
from minfang.kernel.iam.proof import Proof
from minfang.services import sign_in
from minfang.services.connectors import staff_ca
from minfang.services.schemas import CertificateIn, ConfirmIn, SessionOut, TotpSetup

TOTP, CERTIFICATE = "动态口令", "数字证书"


def _begun(request: HttpRequest) -> tuple[Person, Proof]:
    person, held = signing_in(request), proof.of(request)
    if held is None:
        raise sessions.why_over(request)
    return person, held


def _pending(request: HttpRequest) -> Person:
    person, held = _begun(request)
    if held.complete:
        raise Refusal("ALREADY_DONE", "已完成登录。", "请返回工作台。", status=409)
    return person


def _digest(request: HttpRequest) -> str:
    return sessions.digest_of(request.session.session_key or "")


def challenge(request: HttpRequest) -> str:
    """A text for this session's certificate to sign, once and soon."""
    _begun(request)
    return iam.challenge(_digest(request))


def signed(body: CertificateIn) -> Signed:
    """What came from the signing device; refuses what is not even Base64."""
    try:
        signature = base64.b64decode(body.signature, validate=True)
    except (binascii.Error, ValueError) as error:
        raise Refusal("WRONG_SHAPE", "签名格式不对。", "请重新签名。", status=422) from error
    return Signed(body.text, signature, body.certificate, tuple(body.chain))


def with_totp(request: HttpRequest, code: str) -> SessionOut:
    """Finish signing in with a one-time code."""
    person = _pending(request)
    iam.prove_totp(person, code)
    iam.complete(request, person, "totp", TOTP)
    return sign_in.session_of(request)


def with_certificate(request: HttpRequest, body: CertificateIn) -> SessionOut:
    """Finish signing in with a certificate."""
    person = _pending(request)
    _check_certificate(request, person, body)
    iam.complete(request, person, "certificate", CERTIFICATE)
    return sign_in.session_of(request)


def _check_certificate(request: HttpRequest, person: Person, body: CertificateIn) -> None:
    lists = staff_ca.revocation_lists()
    iam.prove_certificate(person, signed(body), session_digest=_digest(request), revocation_lists=lists)


def enrol_totp(request: HttpRequest) -> TotpSetup:
    """Begin to set up a code generator: at the first sign-in, or later on one's own page."""
    person, held = _begun(request)
    if not held.complete and sessions.has_second_factor(person):
        raise Refusal("SECOND_FACTOR_NEEDED", "已登记双因素。", "请用已登记的方式完成登录。", status=403)
    device = iam.start_totp(person)
    uri = totp.uri(device.secret, person.username)
    out = io.BytesIO()
    segno.make(uri, error="m").save(out, kind="svg", scale=4, border=2)
    picture = "data:image/svg+xml;base64," + base64.b64encode(out.getvalue()).decode()
    return TotpSetup(secret=device.secret, uri=uri, picture=picture)


def confirm_enrolment(request: HttpRequest, code: str) -> SessionOut:
    """The first code of a new generator; completes a sign-in that waited for it."""
    person, held = _begun(request)
    iam.confirm_totp(person, code)
    person = Person.objects.get(pk=person.pk)
    request.user = person
    if not held.complete:
        iam.complete(request, person, "totp", TOTP)
    return sign_in.session_of(request)


def change_password(request: HttpRequest, old: str, new: str) -> SessionOut:
    """The person changes their password; this session goes on under a new id, all others end."""
    person, held = _begun(request)
    if not held.complete:
        raise Refusal("SECOND_FACTOR_NEEDED", "登录尚未完成。", "请先完成第二步身份验证。", status=403)
    iam.prove_own_password(person, old)
    passwords.check(person, new)
    iam.change_password(person, new, but_session=request.session.session_key or "")
    iam.keep_session_after_password(request, person)
    return sign_in.session_of(request)


def confirm(request: HttpRequest, body: ConfirmIn) -> None:
    """Prove once more who one is, before an act of weight."""
    person, held = _begun(request)
    if body.way not in sign_in.ways_of(person, held):
        raise Refusal("NO_SUCH_WAY", "不能用这种方式确认身份。", "请在“账号安全”登记后再用。", status=422)
    if body.way == "totp":
        iam.prove_totp(person, body.code)
        how = TOTP
    elif body.way == "password":
        iam.prove_own_password(person, body.password)
        how = "口令"
    elif body.way == "certificate" and body.certificate:
        _check_certificate(request, person, body.certificate)
        how = CERTIFICATE
    elif body.way == "demo":
        sign_in.require_demo(request)
        how = "演示环境"
    else:
        raise Refusal("WRONG_SHAPE", "缺少证书签名。", "请重新签名。", status=422)
    iam.confirm(request, person, how)
