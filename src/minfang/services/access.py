"""Find the case a person may act on; whoever may not see it hears that there is none."""

from django.db import transaction

from minfang.kernel.base.errors import not_found
from minfang.kernel.iam.access import Access
from minfang.kernel.workflow import queries as flow
from minfang.kernel.workflow.models import WorkItem
from minfang.services import case_seals
from minfang.services.models import Case, CaseQuerySet

RELATED = ("matter", "matter_version", "organization", "applicant", "party", "instance")


def own_case(access: Access, case_id: int, *, lock: bool = False) -> Case:
    """A case of the signed-in applicant (or of the company they act for)."""
    return _one(Case.objects.of_applicant(access), case_id, lock)


def office_case(access: Access, case_id: int, *, lock: bool = False) -> Case:
    """A case of an office for which this officer may read cases."""
    return _one(Case.objects.visible_to(access), case_id, lock)


def _one(rows: CaseQuerySet, case_id: int, lock: bool) -> Case:
    queryset = rows.select_related(*RELATED)
    if lock:
        if not transaction.get_connection().in_atomic_block:
            raise RuntimeError("a lock lives in a transaction")
        queryset = queryset.select_for_update(of=("self",))
    case = queryset.filter(pk=case_id).first()
    if case is None:
        raise not_found("该办件")
    if lock:
        case_seals.require(case)
    return case


def current_item(access: Access, case: Case) -> WorkItem | None:
    """The open step of this case that this person may do."""
    return flow.items_for(access).filter(instance_id=case.instance_id).first() if case.instance_id else None
