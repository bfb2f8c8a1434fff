"""Signing in, signing, sealing and receipts against the sandbox."""

import json
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from tests.support.sandbox import Sandbox

from minfang.kernel.base.errors import Refusal
from minfang.kernel.crypto.local import hmac_sm3, sm3
from minfang.kernel.exchange.actions import drain
from minfang.kernel.exchange.connectors import Rejected
from minfang.kernel.messaging.actions import notify, publish_templates
from minfang.kernel.messaging.models import Message, MessageState
from minfang.kernel.messaging.templates import Wording
from minfang.services.connectors import eseal, identity, signature, sms

BACK = "http://127.0.0.1:9/back"


def query_of(response: Any) -> dict[str, str]:
    return {n: v[0] for n, v in parse_qs(urlsplit(response.headers["location"]).query).items()}


def code_for(sandbox: Sandbox, user: str) -> str:
    target = urlsplit(identity.authorize_url(BACK, "s"))
    given = {n: v[0] for n, v in parse_qs(target.query).items()}
    assert sandbox.request("GET", target.path, params=given).status_code == 200
    form = {"user": user, "redirect_uri": given["redirect_uri"], "state": given["state"]}
    return query_of(sandbox.request("POST", "/sso/choose", data=form))["code"]


def test_the_platform_vouches_for_a_company_and_for_a_citizen(sandbox: Sandbox) -> None:
    company = identity.person_for(code_for(sandbox, "zwdt-agent-zhou"))
    assert company.party is not None
    assert (company.name, company.party["id_no"]) == ("周明宇", "91310115MA1DEM0158")
    assert identity.person_for(code_for(sandbox, "zwdt-person-xu")).party is None


def test_a_lost_answer_does_not_lose_the_sign_in(sandbox: Sandbox, settings: Any) -> None:
    settings.OUTSIDE_TIMEOUT_SECONDS = 0.2
    code = code_for(sandbox, "zwdt-agent-zhou")
    sandbox.faults("identity", fail_next=1, mode="lost_answer", hang_seconds=0.5)
    assert identity.person_for(code).name == "周明宇"


def test_a_code_nobody_gave_signs_nobody_in(sandbox: Sandbox) -> None:
    with pytest.raises(identity.SignInFailed):
        identity.person_for("made-up")


def signed(sandbox: Sandbox, digest: str) -> signature.Signed:
    given = parse_qs(urlsplit(signature.sign_url(digest, "申请表", "上海澜庭置业有限公司", BACK)).query)
    form = {name: values[0] for name, values in given.items()}
    return signature.fetch(
        query_of(sandbox.request("POST", "/ca/sign", data={**form, "decision": "sign"}))["ticket"]
    )


def test_an_applicants_signature_is_believed_only_over_its_digest_and_from_a_trusted_authority(
    sandbox: Sandbox, settings: Any, tmp_path: Any
) -> None:
    from dataclasses import replace

    digest = sm3(b"form").hex()
    made = signed(sandbox, digest)
    assert made.signer == "上海澜庭置业有限公司"
    assert signature.is_valid(made, digest)
    other = sm3(b"other").hex()
    assert not signature.is_valid(made, other)
    assert not signature.is_valid(replace(made, digest=other), other)
    assert not signature.is_valid(replace(made, signature="AAAA"), digest)
    assert not signature.is_valid(replace(made, signature="*"), digest)
    settings.SEAL_ROOTS = str(tmp_path)
    assert not signature.is_valid(made, digest)


def test_a_spent_ticket_and_a_silent_platform_are_told_apart(sandbox: Sandbox, settings: Any) -> None:
    with pytest.raises(Refusal) as spent:
        signature.fetch("../records")
    assert spent.value.code == "TICKET_SPENT"
    settings.SANDBOX_URL = "http://127.0.0.1:9"
    with pytest.raises(Refusal) as silent:
        signature.fetch("x")
    assert silent.value.status == 503


def test_a_seal_signs_bytes_and_an_unknown_one_does_not(sandbox: Sandbox) -> None:
    from minfang.kernel.crypto import certificates, sm2

    made = eseal.sign(b"bytes", eseal.seal_id("310115", "APPROVAL"), key="k")
    leaf = certificates.from_pem(made.certificate)[0]
    assert sm2.verify(certificates.public_point(leaf), b"bytes", made.value)
    assert eseal.fetch(eseal.seal_id("310115", "APPROVAL")).image[:4] == b"\x89PNG"
    with pytest.raises(Rejected, match="没有此印章"):
        eseal.sign(b"bytes", "SEAL-0", key="k2")


@pytest.mark.django_db
def test_a_document_is_sealed_and_its_seal_verifies(sandbox: Sandbox) -> None:
    from tests.kernel.documents.conftest import TEMPLATES

    from minfang.kernel.documents import actions as documents
    from minfang.kernel.documents.verify import verify_pdf
    from minfang.kernel.exchange.models import OutboxMessage

    sample = json.loads((TEMPLATES / "samples" / "approval.json").read_text())
    source = (TEMPLATES / "approval.typ").read_text()
    documents.publish_template("t.approval", title="决定书", source=source, sample=sample)
    document = documents.draw_up(
        "APPROVAL",
        subject="case:T1",
        title="准予行政许可决定书",
        template_code="t.approval",
        context=sample,
        number="沪国动审〔2026〕001号",
    )
    documents.start_sealing(document)
    eseal.ask("case:T1", document, eseal.seal_id("310000", "APPROVAL"))
    eseal.ElectronicSeals().deliver(OutboxMessage.objects.get(connector="eseal"))
    delivery = eseal.ElectronicSeals().deliver(OutboxMessage.objects.get(connector="eseal"))
    report = verify_pdf(eseal.sealed_pdf(delivery.answer))
    assert (report.intact, report.trusted) == (True, True)
    assert report.signer_name == "上海市国防动员办公室行政审批专用章"


@pytest.mark.django_db
def test_a_message_is_sent_and_its_proven_receipt_believed(sandbox: Sandbox, settings: Any) -> None:
    publish_templates([Wording("case.x", "SMS", "您好", "", ())])
    (message,) = notify("case.x", subject="case:1", context={}, mobile="13800000101")
    drain(5)
    message.refresh_from_db()
    assert message.state == MessageState.SENT
    body = json.dumps(
        {"receipt_id": message.receipt, "message_id": str(message.pk), "status": "DELIVERED"}
    ).encode()
    with pytest.raises(Refusal) as unproven:
        sms.receive_receipt(body, "0" * 64)
    assert unproven.value.status == 403
    proof = hmac_sm3(settings.OUTSIDE_TOKEN.encode(), body).hex()
    sms.receive_receipt(body, proof)
    sms.receive_receipt(body, proof)
    assert Message.objects.get().state == MessageState.DELIVERED
    with pytest.raises(Refusal, match="CALLBACK_SHAPE"):
        sms.receive_receipt(b"{}", hmac_sm3(settings.OUTSIDE_TOKEN.encode(), b"{}").hex())
