"""Make people known whom an outside identity platform vouches for."""

from dataclasses import dataclass

from django.db import transaction

from minfang.kernel.iam import names
from minfang.kernel.iam.models import ExternalIdentity, Party, Person, PersonKind


@dataclass(frozen=True)
class OutsidePerson:
    """A person as an identity platform describes them; ``party`` is the company they act for."""

    subject: str
    name: str
    id_no: str
    mobile: str
    party: dict[str, str] | None = None


def ensure_party(values: dict[str, str]) -> Party:
    """The company of that certificate number, brought up to date with what the platform says."""
    defaults = {
        "kind": values.get("kind", "2"),
        "name": values["name"],
        "id_type": values.get("id_type", "001"),
        "id_no": values["id_no"],
        "legal_rep_name": values.get("legal_rep_name", ""),
        "registered_address": values.get("address", ""),
    }
    return Party.objects.update_or_create(id_no_index=Party.index_of(values["id_no"]), defaults=defaults)[0]


@transaction.atomic
def recognise(provider: str, outside: OutsidePerson) -> Person:
    """The account of somebody an identity platform vouches for, made at the first visit."""
    party = ensure_party(outside.party) if outside.party else None
    identity = ExternalIdentity.objects.filter(provider=provider, subject=outside.subject).first()
    values = {"name": outside.name, "id_no": outside.id_no, "mobile": outside.mobile, "party": party}
    if identity:
        person = identity.person
        for key, value in values.items():
            setattr(person, key, value)
        person.save()
        return person
    username = names.normal(f"{provider}:{outside.subject}")
    person, _ = Person.objects.update_or_create(
        username=username, defaults={"kind": PersonKind.APPLICANT, **values}
    )
    ExternalIdentity.objects.get_or_create(provider=provider, subject=outside.subject, person=person)
    return person
