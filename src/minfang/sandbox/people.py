"""The demonstration's citizens and companies."""

import tomllib
from dataclasses import dataclass
from functools import lru_cache

from minfang.kernel.crypto.certificates import Subject
from minfang.sandbox.checks import DEFINITIONS


@dataclass(frozen=True)
class Company:
    """A legal person of the demonstration."""

    uscc: str
    name: str
    legal_rep: str
    address: str


@dataclass(frozen=True)
class Somebody:
    """A natural person, acting for a company or for themselves."""

    id: str
    name: str
    id_no: str
    mobile: str
    company: Company | None = None

    def as_user(self) -> dict[str, object]:
        """The user as the identity platform tells it."""
        company = vars(self.company) if self.company else None
        return {
            "zwdtsw_user_id": self.id,
            "name": self.name,
            "id_no": self.id_no,
            "mobile": self.mobile,
            "kind": "company" if company else "person",
            "company": company,
        }


@lru_cache(maxsize=1)
def everybody() -> dict[str, Somebody]:
    """All people by id."""
    rules = tomllib.loads((DEFINITIONS / "people.toml").read_text(encoding="utf-8"))
    companies = {item["uscc"]: Company(**item) for item in rules["companies"]}
    return {
        item["id"]: Somebody(**{**item, "company": companies.get(item.get("company", ""))})
        for item in rules["people"]
    }


def holder(number: str) -> Subject | None:
    """Whose certificate is asked for: by credit code or identity number, or simply by name.

    Anybody named gets a demonstration certificate, so that accounts made elsewhere can sign too; a code
    nobody here has is nobody's.
    """
    for person in everybody().values():
        company = person.company
        if company and number in {company.uscc, company.name}:
            return Subject(company.name, company.name)
        if number in {person.id_no, person.name}:
            return Subject(person.name)
    return Subject(number, number) if number and not number.isascii() else None


def code_of(number: str) -> str:
    """The code shown for whoever is named by code or name; empty when there is none to show."""
    for person in everybody().values():
        company = person.company
        if company and number in {company.uscc, company.name}:
            return company.uscc
        if number in {person.id_no, person.name}:
            return f"{person.id_no[:6]}********{person.id_no[-4:]}"
    return ""
