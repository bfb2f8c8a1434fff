"""The people of the demonstration's cases: officers in every district, and the invented applicants."""

import random
from dataclasses import dataclass

from minfang.kernel.iam import actions as iam
from minfang.kernel.iam.models import Organization, OrganizationKind, Party, Person, PersonKind
from minfang.sandbox.demo_cases import projects
from minfang.sandbox.demo_cases.stage import Cast

SEED = 20261122
CITY, PUTUO, PUDONG = "310000", "310107", "310115"
PARTS = {
    "window": (["prereviewer", "cert_issuer"], "窗口预审"),
    "handler": (["handler"], "经办人"),
    "head": (["section_head"], "科长"),
    "deputy": (["deputy_director"], "分管领导"),
}
KNOWN = {
    PUTUO: {"window": "pt.yu.lan", "handler": "pt.he.wen", "head": "pt.cheng.ke", "deputy": "pt.du.heng"},
    PUDONG: {"handler": "pd.tang.yue"},
}
APPLICANT = "demo.applicant.{:02d}"


@dataclass(frozen=True)
class Office:
    """A deciding office with its officers; the city has two handlers."""

    organization: Organization
    prereviewer: Person
    handlers: tuple[Person, ...]
    head: Person
    deputy: Person
    issuer: Person

    def cast(self, applicant: Person, handler: Person | None = None) -> Cast:
        """Who plays a case of this office."""
        return Cast(
            applicant, self.prereviewer, handler or self.handlers[0], self.head, self.deputy, self.issuer
        )


def _person(username: str) -> Person:
    return Person.objects.select_related("organization", "party").get(username=username)


def city() -> Office:
    """The city's office with its demonstration accounts."""
    names = ("huang.siqi", "shen.jiahe", "liang.muyun", "fan.zhiyuan", "lu.wenyuan", "qiao.an")
    prereviewer, first, second, head, deputy, issuer = (_person(name) for name in names)
    organization = Organization.objects.get(kind=OrganizationKind.MUNICIPAL_OFFICE)
    return Office(organization, prereviewer, (first, second), head, deputy, issuer)


def districts() -> list[Office]:
    """The 16 district offices; where there is no demonstration account an invented officer stands in."""
    chance = random.Random(SEED)  # noqa: S311
    sections = {
        row.parent_id: row
        for row in Organization.objects.filter(kind=OrganizationKind.SECTION).order_by("-code")
    }
    return [
        _district(office, sections.get(office.pk, office), chance)
        for office in Organization.objects.filter(kind=OrganizationKind.DISTRICT_OFFICE).order_by("code")
    ]


def _district(office: Organization, section: Organization, chance: random.Random) -> Office:
    people = {}
    for part, (roles, title) in PARTS.items():
        name = projects.person_name(chance)
        known = KNOWN.get(office.district_code, {}).get(part)
        place = office if part == "deputy" else section
        people[part] = (
            _person(known)
            if known
            else iam.ensure_staff(f"demo.{office.district_code}.{part}", name, place, roles, title=title)
        )
    window = people["window"]
    return Office(office, window, (people["handler"],), people["head"], people["deputy"], window)


def applicants() -> list[Person]:
    """The invented applicants, each acting for one company."""
    made = []
    for company in projects.companies():
        party = iam.ensure_party(
            {
                "name": company.name,
                "id_no": company.uscc,
                "legal_rep_name": company.legal_rep,
                "address": company.address,
            }
        )
        person, _ = Person.objects.get_or_create(
            username=APPLICANT.format(company.number),
            defaults={
                "name": company.contact,
                "kind": PersonKind.APPLICANT,
                "party": party,
                "mobile": company.mobile,
                "id_no": company.id_no,
            },
        )
        person.party = Party(pk=party.pk, kind=party.kind, name=party.name)
        made.append(person)
    return made


def made_before() -> bool:
    """Whether this database has had its demonstration cases."""
    return Person.objects.filter(username=APPLICANT.format(1)).exists()
