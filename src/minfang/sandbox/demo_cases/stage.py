"""Cases played through the product's own actions, photographed at every stage, and undone.

Nothing of a played case remains: its transaction is rolled back and its files lie in a folder that is
thrown away. What remains are the photographs, from which the demonstration's cases are copied.
"""

import io
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, time
from typing import Any
from urllib.parse import parse_qs, urlsplit

from django.conf import settings
from django.db import transaction

from minfang.kernel.base import clock
from minfang.kernel.crypto import certificates
from minfang.kernel.documents import engine
from minfang.kernel.documents.models import Document, DocumentState
from minfang.kernel.iam.access import Access
from minfang.kernel.iam.models import Person
from minfang.kernel.workdays.queries import official_calendar
from minfang.kernel.workflow import actions as workflow
from minfang.kernel.workflow import queries as flow
from minfang.sandbox import keys, people
from minfang.sandbox.demo_cases import projects
from minfang.sandbox.demo_cases.snapshot import Snapshot, take
from minfang.services.actions import drafts, materials, office, progress, signing, submission
from minfang.services.connectors.signature import Signed
from minfang.services.materials import rules
from minfang.services.matters import definition_of
from minfang.services.models import ApplicationSignature, Case
from minfang.services.schemas import ActIn, SupplementItem

MATTER = "BASEMENT_SYNC"
APPLY_NO = "31209003600000000000"
DAYS_AGO = 60
WAIVED = {"ECERT", "SHARE", "BIZ"}
PAPER = """#set page(paper: "a3", flipped: true)
#set text(size: 28pt)
#rect(width: 100%, height: 100%, inset: 2cm)[
  #align(center + horizon)[人防平面图、剖面图 \\ #text(size: 18pt)[演示材料，内容虚构]]
]"""
ASKED = SupplementItem(
    kind="material", path="M4-03", label="人防平面图、剖面图", request="补充连通口标高和口部大样"
)


class _Undo(Exception):
    """Thrown at the end of a play."""


@contextmanager
def undone() -> Iterator[None]:
    """Run a block in a transaction of its own that is rolled back."""
    try:
        with transaction.atomic():
            yield
            raise _Undo
    except _Undo:
        pass


@contextmanager
def _scratch_files() -> Iterator[None]:
    """Let files written in the block go to a folder that does not stay."""
    kept = settings.FILES_ROOT
    with tempfile.TemporaryDirectory() as folder:
        settings.FILES_ROOT = folder
        try:
            yield
        finally:
            settings.FILES_ROOT = kept


@dataclass
class Cast:
    """Who plays: the applicant and one officer for each part."""

    applicant: Person
    prereviewer: Person
    handler: Person
    head: Person
    deputy: Person
    issuer: Person

    def people(self) -> list[Person]:
        """All of them, in a fixed order."""
        return [self.applicant, self.prereviewer, self.handler, self.head, self.deputy, self.issuer]


@dataclass
class Play:
    """One case on the stage; every beat is a working day."""

    cast: Cast
    city: bool
    ring: keys.KeyRing
    paper: bytes
    beats: list[tuple[str, datetime]] = field(default_factory=list)
    shots: dict[str, Snapshot] = field(default_factory=dict)
    case_id: int = 0

    @contextmanager
    def beat(self, name: str) -> Iterator[None]:
        """Do something on the next working day."""
        first = official_calendar().add(clock.today(), -DAYS_AGO)
        day = official_calendar().add(first, len(self.beats) + 1)
        at = datetime.combine(day, time(10), clock.SHANGHAI)
        self.beats.append((name, at))
        with clock.moved_to(at):
            yield

    def shot(self, stage: str) -> None:
        """Photograph the case under the name of its stage."""
        self.shots[stage] = take(stage, self.case_id, self.beats)

    @contextmanager
    def aside(self) -> Iterator[None]:
        """A branch of the story: afterwards the case stands where it stood before."""
        beats = list(self.beats)
        with undone():
            yield
        self.beats = beats

    def act(self, person: Person, verb: str, outcome: str = "", opinion: str = "同意。", **more: Any) -> None:
        """One verb of an officer on the step that is theirs."""
        access = Access(person)
        office.open_case(access, self.case_id)
        item = flow.items_for(access).get(instance__case__pk=self.case_id)
        office.act(
            access,
            self.case_id,
            ActIn(
                item_id=item.pk,
                verb=verb,
                outcome=outcome,
                opinion=opinion,
                seen_version=item.version,
                **more,
            ),
            "",
        )

    # --- the applicant -----------------------------------------------------------------------------

    def draft(self) -> None:
        """Begin and fill in an application."""
        with self.beat("DRAFT"):
            access = Access(self.cast.applicant)
            self.case_id = drafts.start(access, MATTER, again=True).id
            self._save({"planning_authority": "CITY" if self.city else "DISTRICT"})
            case = Case.objects.get(pk=self.case_id)
            for rule in rules(definition_of(case.matter_version_id), case.form_data):
                if rule.generated or not rule.required:
                    continue
                if rule.waiver in WAIVED:
                    materials.waive(access, self.case_id, rule.code, rule.waiver)
                else:
                    self._upload(rule.code, rule.name)

    def _save(self, changes: dict[str, Any]) -> None:
        case = Case.objects.get(pk=self.case_id)
        data = (
            {**projects.sample(), **case.form_data, **changes} if case.round else projects.sample() | changes
        )
        drafts.save(Access(self.cast.applicant), self.case_id, data, "confirm", case.version)

    def _upload(self, code: str, name: str) -> None:
        materials.upload(
            Access(self.cast.applicant), self.case_id, code, f"{name}.pdf", io.BytesIO(self.paper)
        )

    def hand_in(self) -> None:
        """Sign and submit."""
        access = Access(self.cast.applicant)
        asked = parse_qs(urlsplit(signing.start(access, self.case_id).redirect).query)
        row = ApplicationSignature.objects.get(case_id=self.case_id, signed_at__isnull=True)
        signing.keep(access, self.case_id, row.pk, self._signed(row.digest, asked["holder"][0]))
        case = Case.objects.get(pk=self.case_id)
        submission.submit(access, self.case_id, case.version, "")
        Case.objects.filter(pk=self.case_id).update(apply_no=APPLY_NO)

    def _signed(self, digest: str, holder: str) -> Signed:
        """What the signature platform would answer."""
        subject = people.holder(holder)
        assert subject is not None
        answer = self.ring.sign(f"person-{holder}", subject, bytes.fromhex(digest))
        leaf = certificates.from_pem(answer["certificate"])[0]
        serial = certificates.serial(leaf)
        chain = tuple(answer["chain"])
        return Signed(subject.common_name, serial, answer["signature"], answer["certificate"], chain, digest)

    # --- the office --------------------------------------------------------------------------------

    def sealed(self) -> None:
        """The seals come back."""
        for document in Document.objects.filter(state=DocumentState.SEALING):
            case = Case.objects.select_related("matter", "organization", "instance", "applicant").get(
                pk=self.case_id
            )
            document.state, document.seal_info = DocumentState.SEALED, {}
            document.save()
            progress.sealed(document, case)

    def review_to_approval(self, suffix: str) -> None:
        """Review, check and approval, with a photograph before each."""
        with self.beat("REVIEW"):
            self.act(
                self.cast.handler, "complete", "SUBMIT", "材料齐全，面积满足应建要求，建议准予同步建设。"
            )
        self.shot("CHECK" + suffix)
        with self.beat("CHECK"):
            self.act(self.cast.head, "complete", "AGREE", "同意经办意见，请领导审定。")
        self.shot("APPROVE" + suffix)

    def finish(self, suffix: str) -> None:
        """From the approved case to the delivered certificate."""
        with self.beat("APPROVE"):
            self.act(self.cast.deputy, "complete", "APPROVE", "同意。")
        self.shot("FINISH" + suffix)
        with self.beat("FINISH"):
            self.act(self.cast.handler, "complete", "FINISH", "已按审定意见办结。")
        with self.beat("SEAL"):
            self.sealed()
        self.shot("CERT" + suffix)
        with self.beat("ISSUE"):
            self.act(self.cast.issuer, "complete", "ISSUE", "批文内容核对无误，制证发证。")
        self.shot("DONE" + suffix)
        self.fetch()
        self.shot("DELIVERED" + suffix)

    def fetch(self) -> None:
        """The applicant downloads the decision."""
        with self.beat("FETCH"):
            case = Case.objects.select_related("matter", "organization", "instance", "applicant").get(
                pk=self.case_id
            )
            progress.delivered(case)

    def accept(self) -> None:
        """The application is accepted, and the notice sealed."""
        with self.beat("ACCEPT"):
            self.act(self.cast.handler, "complete", "ACCEPT", "属于本机关职权范围，材料齐全，予以受理。")
            self.sealed()


def perform(play: Play) -> dict[str, Snapshot]:
    """The whole story with its branches; gives the photographs by stage."""
    with undone(), _scratch_files():
        play.draft()
        play.shot("DRAFT")
        with play.beat("SUBMIT"):
            play.hand_in()
        play.shot("PREREVIEW")
        with play.aside(), play.beat("PREREVIEW"):
            play.act(
                play.cast.prereviewer, "complete", "FAIL", "人防平面图未标注防护单元编号，请修改后重新提交。"
            )
            play.shot("PREREVIEW_FAILED")
        with play.beat("PREREVIEW"):
            play.act(play.cast.prereviewer, "complete", "PASS", "材料齐全，格式符合要求。")
        play.shot("ACCEPTING")
        with play.aside():
            _not_accepted(play)
        with play.aside():
            _with_supplement(play)
        play.accept()
        play.shot("REVIEW")
        with play.aside():
            _special(play)
        play.review_to_approval("")
        with play.aside():
            _denied(play)
        play.finish("")
    return play.shots


def _not_accepted(play: Play) -> None:
    with play.beat("ACCEPT"):
        play.act(
            play.cast.handler,
            "complete",
            "NOT_ACCEPT",
            "该项目规划许可由区级核发，不属于本机关职权范围。"
            if play.city
            else "该项目规划许可由市级核发，不属于本机关职权范围。",
        )
        play.sealed()
    play.shot("NOT_ACCEPTED")


def _with_supplement(play: Play) -> None:
    """Asked once to complete it, and once returned by the head of the section."""
    with play.beat("ASK"):
        play.act(play.cast.handler, "supplement", opinion="请按所列内容一次补齐。", supplement_items=[ASKED])
        play.sealed()
    play.shot("SUPPLEMENT")
    with play.beat("ANSWER"):
        play._upload("M4-03", "人防平面图、剖面图（补正）")
        play._save({"cd_cost_estimate": "2418.00", "cover_depth": "1.50"})
        play.hand_in()
    play.shot("ACCEPTING2")
    play.accept()
    play.shot("REVIEW2")
    with play.beat("REVIEW"):
        play.act(play.cast.handler, "complete", "SUBMIT", "补正内容已落实，建议准予。")
    with play.beat("RETURN"):
        play.act(play.cast.head, "return", opinion="请补充说明防护单元划分理由。", target="N30_REVIEW")
    play.shot("RETURNED")
    play.review_to_approval("2")
    play.finish("2")


def _special(play: Play) -> None:
    """A special procedure begins: the clock stands, the case stays on its officer's desk."""
    with play.beat("SUSPEND"):
        instance = Case.objects.get(pk=play.case_id).instance
        assert instance is not None
        workflow.suspend(
            instance.pk, person=play.cast.handler, reason="组织专家评审，评审期间不计入办理时限。"
        )
        instance.refresh_from_db()
        Case.objects.filter(pk=play.case_id).update(status=instance.case_status, is_paused=True)
    play.shot("SPECIAL")


def _denied(play: Play) -> None:
    with play.beat("APPROVE"):
        play.act(play.cast.deputy, "complete", "DENY", "设计方案不符合防护单元划分要求，不予许可。")
    with play.beat("FINISH"):
        play.act(play.cast.handler, "complete", "FINISH", "已按审定意见办结。")
        play.sealed()
    play.fetch()
    play.shot("DENIED")


def paper() -> bytes:
    """A one-page drawing sheet that stands for whatever an applicant would hand in."""
    return engine.render_pdf(PAPER, {})
