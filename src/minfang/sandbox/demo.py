"""Demo data: the accounts, made again at every start where they are missing, and the cases, made once."""

import os
from typing import Any

from django.db import transaction

from minfang.kernel.iam import actions as iam
from minfang.kernel.iam.actions import OutsidePerson
from minfang.kernel.iam.models import Organization, Person
from minfang.kernel.iam.seals import alarm
from minfang.sandbox import demo_alarms, demo_cases, demo_links, demo_works, staff
from minfang.services import demo_directory
from minfang.services.connectors.staff_identity import PROVIDER as GOV_STAFF
from minfang.services.sign_in import PROVIDER

DEMO_CASES = 300
DEMO_DEVICES = 506


@transaction.atomic
def ensure_accounts() -> None:
    """One account a role; applicants are known under the subject the sandbox's identity platform uses."""
    demo_works.ensure_offices()
    for row in demo_directory.entries():
        if row["face"] == "portal":
            _applicant(row)
        else:
            organization = Organization.objects.get(code=row["organization"])
            person = iam.ensure_staff(
                row["username"], row["name"], organization, row["roles"], title=row["title"]
            )
            iam.link_identity(person, GOV_STAFF, staff.number_of(person.username))


def _applicant(row: dict[str, Any]) -> None:
    known = Person.objects.filter(username=row["username"]).first()
    if known is not None and not known.seal_holds():
        alarm(known)
        return
    person = iam.recognise(
        PROVIDER,
        OutsidePerson(row["subject"], row["name"], row["id_no"], row["mobile"], row.get("party")),
    )
    person.username = row["username"]
    person.save(update_fields=["username"])


def ensure() -> None:
    """Everything the demo environment shows; ``MINFANG_DEMO_CASES`` says how many cases (0: none),
    ``MINFANG_DEMO_DEVICES`` how many devices."""
    ensure_accounts()
    demo_works.load(int(os.environ.get("MINFANG_DEMO_DEVICES", DEMO_DEVICES)))
    demo_alarms.ensure()
    demo_links.ensure()
    demo_cases.ensure(int(os.environ.get("MINFANG_DEMO_CASES", DEMO_CASES)))
