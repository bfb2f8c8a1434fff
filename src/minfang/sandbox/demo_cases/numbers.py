"""Numbers and names of copied cases: given in the order of time, and known to everything said of them."""

from collections.abc import Iterable
from datetime import datetime

from minfang.kernel.documents.models import Document
from minfang.kernel.iam.models import Organization
from minfang.registry import districts
from minfang.sandbox.demo_cases.copying import Copy, wanted_documents
from minfang.sandbox.demo_cases.ledger import Ledger
from minfang.services import paperwork
from minfang.services.matters import definition_of

SAID = (
    "applicant_name",
    "id_no",
    "legal_rep_name",
    "contact_name",
    "contact_id_no",
    "contact_mobile",
    "contact_address",
)
"""Values of the form that messages and papers repeat."""
PEOPLE_NAMES: dict[int, str] = {}
"""Names of the people on the photographs, by key."""


def region(office: Organization) -> dict[str, str]:
    """What number patterns print of an office's region."""
    return districts.district(office.district_code).number_names


def give_numbers(copies: Iterable[Copy], ledger: Ledger) -> None:
    """Case and document numbers of all copies, in the order of time."""
    asked: list[tuple[datetime, int, Copy, Document | None]] = []
    for index, copy in enumerate(copies):
        if copy.shot.instance is None:
            continue
        assert copy.case.submitted_at is not None
        asked.append((copy.case.submitted_at, index, copy, None))
        for document in wanted_documents(copy):
            if document.number:
                asked.append((copy.times.move(document.drawn_up_at), index, copy, document))
    for at, _, copy, said in sorted(asked, key=lambda row: (row[0], row[1])):
        case = copy.case
        definition = definition_of(case.matter_version_id)
        rule = definition.raw["numbers"]["internal"]
        if said is not None:
            rule = paperwork.number_rule(case, said.doc_type)
        context = {"region": region(copy.wanted.office), "matter": definition.number}
        line = ledger.issue(rule, context, at=at, scope=copy.wanted.office.code, target=case.subject)
        if said is None:
            case.internal_no = line.number
            line.target = case.subject
        else:
            copy.numbers[said.pk] = line
    for copy in copies:
        if copy.shot.instance is not None:
            _know_names(copy)


def _know_names(copy: Copy) -> None:
    """Every name the photograph says, and what the copy says instead."""
    old, new = copy.shot.case, copy.case
    before, after = old.form_data, new.form_data
    pairs = {str(old.internal_no): str(new.internal_no), old.project_name: new.project_name}
    for name in (
        "applicant_name",
        "id_no",
        "legal_rep_name",
        "contact_name",
        "contact_id_no",
        "contact_mobile",
    ):
        pairs[str(before[name])] = str(after[name])
    pairs[str(before["contact_address"])] = str(after["contact_address"])
    for key, person in copy.wanted.team.items():
        pairs[PEOPLE_NAMES[key]] = person.name
    office, mine = old.organization, copy.wanted.office
    assert office is not None
    first, second = districts.district(office.district_code), districts.district(mine.district_code)
    pairs |= {office.name: mine.name, office.code: mine.code, office.uscc: mine.uscc}
    pairs |= {first.code12: second.code12, first.portal: second.portal}
    for document in copy.shot.documents:
        if document.pk in copy.numbers:
            pairs[document.number] = copy.numbers[document.pk].number
    copy.names = pairs
