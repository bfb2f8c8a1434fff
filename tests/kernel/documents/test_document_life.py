"""The life of a document: drawn up, sealed, issued, verified by strangers, replaced, voided."""

import io
import threading
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pdfplumber
import pytest
from django.db import connection

from minfang.kernel.audit.models import AuditEvent
from minfang.kernel.base import clock
from minfang.kernel.base.errors import Refusal
from minfang.kernel.crypto import certificates
from minfang.kernel.documents import actions, queries, sealing, verification
from minfang.kernel.documents.models import Document, DocumentState, DocumentTemplate, TemplateState
from minfang.kernel.iam.models import Organization, OrganizationKind, Person, PersonKind

Read = Callable[[str], tuple[str, dict[str, Any]]]
CODE = "BASEMENT_SYNC.approval"
SUBJECT = "case:SH042026112200001"

pytestmark = pytest.mark.django_db


@pytest.fixture
def office() -> Organization:
    return Organization.objects.create(
        code="SH-CITY",
        name="上海市国防动员办公室",
        short_name="市国动办",
        kind=OrganizationKind.MUNICIPAL_OFFICE,
        district_code="310000",
    )


@pytest.fixture
def officer(office: Organization) -> Person:
    return Person.objects.create(username="issuer", name="制证员", kind=PersonKind.STAFF, organization=office)


@pytest.fixture(autouse=True)
def _trusted_root(platform: Any, settings: Any, tmp_path: Path) -> None:
    folder = tmp_path / "roots"
    folder.mkdir()
    (folder / "root.pem").write_text(certificates.to_pem(platform.root))
    settings.SEAL_ROOTS = str(folder)


@pytest.fixture
def published(template: Read) -> DocumentTemplate:
    source, sample = template("approval")
    return actions.publish_template(CODE, title="准予许可决定书", source=source, sample=sample)


@pytest.fixture
def drawn(published: DocumentTemplate, office: Organization, officer: Person, template: Read) -> Document:
    context = {key: value for key, value in template("approval")[1].items() if key != "verify"}
    return actions.draw_up(
        "APPROVAL",
        subject=SUBJECT,
        title="准予行政许可决定书",
        template_code=CODE,
        context=context,
        number="沪国动审〔2026〕017号",
        organization=office,
        holder="上海申浦置业发展有限公司",
        valid_until=clock.today() + timedelta(days=730),
        person=officer,
    )


def signed(document: Document, platform: Any) -> bytes:
    assert document.placement is not None
    place = document.placement
    return sealing.seal(
        queries.content(document),
        certificates=platform.chain,
        image=platform.image,
        placement=sealing.Placement(place["page"], place["x"], place["y"]),
        sign=platform.sign,
    )


@pytest.fixture
def issued(drawn: Document, platform: Any, officer: Person) -> Document:
    actions.start_sealing(drawn, person=officer)
    sealed = actions.attach_seal(drawn, signed(drawn, platform), {"seal_id": "SEAL-1"}, person=officer)
    return actions.issue(sealed, person=officer, must_be_sealed=True)


def events() -> list[str]:
    return [
        name for name in AuditEvent.objects.values_list("action", flat=True) if name.startswith("documents.")
    ]


# --- from draft to issue -------------------------------------------------------------------------------


def test_a_drawn_up_document_has_its_pdf_its_code_and_the_place_of_its_seal(drawn: Document) -> None:
    assert drawn.state == DocumentState.RENDERED
    assert queries.content(drawn).startswith(b"%PDF-")
    assert verification.is_genuine(drawn.verify_code)
    assert drawn.placement is not None
    assert drawn.template.version == 1
    assert drawn.version == 1


def test_every_step_is_in_the_audit_trail(issued: Document) -> None:
    steps = ["publish_template", "draw_up", "start_sealing", "attach_seal", "issue"]
    assert events() == [f"documents.{step}" for step in steps]


def test_the_seal_tells_who_sealed_and_when(issued: Document) -> None:
    assert issued.state == DocumentState.ISSUED
    assert issued.seal_info is not None
    assert issued.seal_info["seal_id"] == "SEAL-1"
    assert issued.seal_info["signer_name"] == "上海市国防动员办公室审批专用章"
    assert issued.seal_info["algorithm"] == "SM2-SM3"


def test_a_document_with_the_seal_platform_cannot_be_issued(drawn: Document) -> None:
    actions.start_sealing(drawn)
    with pytest.raises(Refusal, match="STALE"):
        actions.issue(drawn)


def test_a_decision_without_a_seal_cannot_be_issued(drawn: Document) -> None:
    with pytest.raises(Refusal, match="STALE"):
        actions.issue(drawn, must_be_sealed=True)
    assert Document.objects.get(pk=drawn.pk).state == DocumentState.RENDERED


def test_a_failed_sealing_can_be_tried_again(drawn: Document) -> None:
    actions.start_sealing(drawn)
    back = actions.seal_failed(drawn, reason="印章平台未响应")
    assert back.state == DocumentState.RENDERED
    assert actions.start_sealing(drawn).state == DocumentState.SEALING


def test_another_file_than_the_one_sent_is_not_taken(drawn: Document, platform: Any, template: Read) -> None:
    from minfang.kernel.documents import engine

    other = sealing.seal(
        engine.render_pdf(*template("denial")),
        certificates=platform.chain,
        image=platform.image,
        placement=sealing.Placement(1, 100, 200),
        sign=platform.sign,
    )
    with pytest.raises(Refusal, match="SEAL_OTHER_FILE"):
        actions.attach_seal(drawn, other)


def test_a_seal_of_an_unknown_authority_is_not_taken(drawn: Document, other_platform: Any) -> None:
    with pytest.raises(Refusal, match="SEAL_INVALID"):
        actions.attach_seal(drawn, signed(drawn, other_platform))
    assert Document.objects.get(pk=drawn.pk).seal_info is None


def test_an_altered_sealed_file_is_not_taken(drawn: Document, platform: Any) -> None:
    altered = bytearray(signed(drawn, platform))
    altered[-40] ^= 1
    with pytest.raises(Refusal, match="SEAL_INVALID"):
        actions.attach_seal(drawn, bytes(altered))


def test_personal_data_of_the_context_are_not_clear_in_the_database(drawn: Document) -> None:
    with connection.cursor() as cursor:
        cursor.execute("select context from documents_document where id = %s", [drawn.pk])
        (raw,) = cursor.fetchone()
    assert "申浦".encode() not in bytes(raw)
    assert Document.objects.get(pk=drawn.pk).context["recipient"] == "上海申浦置业发展有限公司"


# --- verification by strangers -------------------------------------------------------------------------


def test_anyone_can_verify_an_issued_document(issued: Document) -> None:
    answer = queries.verification(issued.verify_code)
    assert answer is not None
    assert answer["valid"] is True
    assert answer["number"] == "沪国动审〔2026〕017号"
    assert answer["organization"] == "上海市国防动员办公室"
    assert answer["seal"]["sealed"] is True
    assert answer["superseded_by"] is None
    assert set(answer) == {
        "title", "number", "holder", "organization", "issued_at", "valid_until", "state", "state_name",
        "valid", "seal", "superseded_by",
    }  # fmt: skip


def test_a_code_may_be_typed_as_printed_or_in_small_letters(issued: Document) -> None:
    assert queries.verification(verification.shown(issued.verify_code)) is not None
    assert queries.verification(f" {issued.verify_code.lower()} ") is not None


def test_drafts_and_invented_codes_are_unknown(drawn: Document) -> None:
    assert queries.verification(drawn.verify_code) is None
    for code in (verification.new_code(), "", "A" * 18, drawn.verify_code[:-1], "' or 1=1 --", "码" * 18):
        assert queries.verification(code) is None


def test_a_guessed_code_is_refused_without_asking_the_database(
    issued: Document, django_assert_num_queries: Any
) -> None:
    guess = issued.verify_code[:-1] + ("A" if issued.verify_code[-1] != "A" else "B")
    with django_assert_num_queries(0):
        assert queries.verification(guess) is None


def test_after_its_term_a_document_is_no_longer_valid(issued: Document) -> None:
    with clock.moved_to(clock.now() + timedelta(days=731)):
        answer = queries.verification(issued.verify_code)
    assert answer is not None
    assert answer["valid"] is False


def test_the_qr_leads_to_the_public_page(issued: Document, settings: Any) -> None:
    block = verification.block(issued.verify_code)
    assert block["url"] == f"{settings.PUBLIC_URL}/verify/{issued.verify_code}"
    assert block["qr_svg"].startswith("<svg")


def test_codes_do_not_repeat_and_have_no_look_alikes() -> None:
    codes = {verification.new_code() for _ in range(2000)}
    assert len(codes) == 2000
    assert not set("".join(codes)) & set("01OIL")


# --- re-issue and voiding ------------------------------------------------------------------------------


def test_a_replaced_document_points_to_its_successor_which_keeps_the_number(
    issued: Document, platform: Any, officer: Person
) -> None:
    new = actions.replace(issued, context=issued.context, reason="项目名称有误", person=officer)
    before = queries.verification(issued.verify_code)
    assert before is not None
    assert before["valid"] is True
    sealed = actions.attach_seal(new, signed(new, platform), person=officer)
    actions.issue(sealed, person=officer, must_be_sealed=True)
    old, current = queries.verification(issued.verify_code), queries.verification(new.verify_code)
    assert old is not None
    assert current is not None
    assert (old["state"], old["valid"], old["superseded_by"]) == ("REPLACED", False, new.verify_code)
    assert (new.version, current["number"], current["valid"]) == (2, issued.number, True)
    found = queries.current(SUBJECT, "APPROVAL")
    assert found is not None
    assert found.pk == new.pk


def test_only_one_successor_is_drawn_up_at_a_time(issued: Document) -> None:
    new = actions.replace(issued, context=issued.context, reason="有误")
    with pytest.raises(Refusal, match="重新制发中"):
        actions.replace(issued, context=issued.context, reason="有误")
    actions.void(new, reason="改错了")
    assert actions.replace(issued, context=issued.context, reason="再次").version == 3


def test_a_voided_document_stays_readable_and_is_never_valid_again(issued: Document, officer: Person) -> None:
    voided = actions.void(issued, reason="申请人隐瞒情况", person=officer)
    answer = queries.verification(issued.verify_code)
    assert answer is not None
    assert (answer["state"], answer["valid"]) == ("VOIDED", False)
    assert queries.content(voided).startswith(b"%PDF-")
    for again in (
        lambda: actions.issue(issued),
        lambda: actions.void(issued, reason="再次"),
        lambda: actions.replace(issued, context={}, reason="x"),
    ):
        with pytest.raises(Refusal, match="STALE"):
            again()


def test_a_voided_document_is_read_as_an_overprinted_copy(issued: Document) -> None:
    from minfang.kernel.documents.verify import verify_pdf

    assert queries.reading_copy(issued) == queries.content(issued)
    voided = actions.void(issued, reason="有误")
    copy = queries.reading_copy(voided)
    with pdfplumber.open(io.BytesIO(copy)) as book:
        assert all("作" in (page.extract_text() or "") for page in book.pages)
    assert not verify_pdf(copy).intact
    assert verify_pdf(queries.content(voided)).trusted


def test_voiding_needs_a_reason(issued: Document) -> None:
    with pytest.raises(Refusal, match="理由"):
        actions.void(issued, reason="  ")


# --- templates -----------------------------------------------------------------------------------------


def test_publishing_the_same_template_again_changes_nothing(
    published: DocumentTemplate, template: Read
) -> None:
    source, sample = template("approval")
    again = actions.publish_template(CODE, title="准予许可决定书", source=source, sample=sample)
    assert again.pk == published.pk


def test_a_new_version_retires_the_old_one_but_documents_keep_theirs(drawn: Document, template: Read) -> None:
    source, sample = template("approval")
    newer = actions.publish_template(CODE, title="准予许可决定书", source=source + "\n// 2", sample=sample)
    assert newer.version == 2
    kept = Document.objects.get(pk=drawn.pk).template
    assert (kept.version, kept.state) == (1, TemplateState.RETIRED)
    assert queries.published(CODE).version == 2


def test_a_published_version_never_changes(published: DocumentTemplate) -> None:
    published.source = "#lorem(5)"
    with pytest.raises(TypeError, match="never changes"):
        published.save()


def test_a_template_that_fails_with_its_sample_is_not_published(template: Read) -> None:
    source, sample = template("approval")
    with pytest.raises(Refusal, match="TEMPLATE_BROKEN"):
        actions.publish_template(CODE, title="x", source=source, sample={"issuer": sample["issuer"]})
    with pytest.raises(Refusal, match="TEMPLATE_UNSAFE"):
        actions.publish_template(CODE, title="x", source='#include "/etc/passwd"', sample={}, delivered=False)
    with pytest.raises(Refusal, match="UNPRINTABLE"):
        actions.publish_template(CODE, title="x", source="你好😀", sample={})
    assert not DocumentTemplate.objects.exists()


def test_an_unknown_template_is_refused() -> None:
    with pytest.raises(Refusal, match="NOT_FOUND"):
        queries.published("NOTHING")


def test_a_document_with_unprintable_text_leaves_nothing_behind(
    published: DocumentTemplate, template: Read
) -> None:
    context = {**template("approval")[1], "recipient": "公司😀"}
    with pytest.raises(Refusal, match="UNPRINTABLE"):
        actions.draw_up("APPROVAL", subject=SUBJECT, title="决定书", template_code=CODE, context=context)
    assert not Document.objects.exists()


def test_ideographs_without_a_glyph_are_named_in_the_audit_trail(
    published: DocumentTemplate, template: Read
) -> None:
    context = {**template("approval")[1], "recipient": "𠮷野家公司"}
    actions.draw_up("APPROVAL", subject=SUBJECT, title="决定书", template_code=CODE, context=context)
    assert AuditEvent.objects.get(action="documents.draw_up").reason == "字库缺字：𠮷"


def test_a_preview_keeps_nothing(published: DocumentTemplate, template: Read) -> None:
    assert queries.preview(CODE, template("approval")[1]).startswith(b"%PDF-")
    assert not Document.objects.exists()


# --- two at once ---------------------------------------------------------------------------------------


@pytest.mark.django_db(transaction=True)
def test_of_two_who_act_on_one_document_at_once_only_one_succeeds(drawn: Document, platform: Any) -> None:
    actions.attach_seal(drawn, signed(drawn, platform))
    gate, outcomes = threading.Barrier(2), []

    def issue() -> None:
        gate.wait()
        try:
            actions.issue(Document(pk=drawn.pk), must_be_sealed=True)
            outcomes.append("issued")
        except Refusal as refusal:
            outcomes.append(refusal.code)
        finally:
            connection.close()

    threads = [threading.Thread(target=issue) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == ["STALE", "issued"]
    assert events().count("documents.issue") == 1
