"""Rating the service (好差评): one person, one stage, once (决定第十一条：一次一评、一事一评)."""

from django.db import IntegrityError, transaction

from minfang.kernel.audit.actions import record
from minfang.kernel.base import clock
from minfang.kernel.base.errors import Refusal
from minfang.kernel.iam.access import Access
from minfang.services import pushing
from minfang.services.access import own_case
from minfang.services.matters import definition_of
from minfang.services.models import Case, Rating
from minfang.services.schemas import RatingOut


def stages(case: Case) -> dict[str, str]:
    """The stages of a case that may be rated by now, with their names."""
    listed = {
        row["code"]: row["label"] for row in definition_of(case.matter_version_id).raw["ratings"]["stages"]
    }
    reached = {"ACCEPTED": case.accepted_at is not None, "DONE": case.closed_at is not None}
    return {code: label for code, label in listed.items() if reached.get(code)}


@transaction.atomic
def rate(
    access: Access, case_id: int, stage: str, satisfaction: int, tags: list[str], text: str
) -> RatingOut:
    """Keep a judgement (1 best … 5 worst) and send it to the city's platform."""
    case = own_case(access, case_id, lock=True)
    open_stages = stages(case)
    if stage not in open_stages:
        raise Refusal("STAGE_NOT_OPEN", "该环节尚未办完，暂不能评价。", status=409)
    if satisfaction not in range(1, 6):
        raise Refusal("WRONG_SATISFACTION", "请选择五个满意度之一。", status=422)
    try:
        with transaction.atomic():
            rating = Rating.objects.create(
                case=case,
                stage=stage,
                satisfaction=satisfaction,
                tags=tags[:10],
                text=text[:500],
                rated_by=access.person,
                rated_at=clock.now(),
            )
    except IntegrityError:
        raise Refusal("ALREADY_RATED", "您已评价过该环节，一事一评。", status=409) from None
    pushing.rating(case, rating)
    record(
        "case.rate",
        person=access.person,
        target=case.subject,
        summary=f"评价{open_stages[stage]}：{satisfaction}",
    )
    return RatingOut(
        stage=stage,
        stage_label=open_stages[stage],
        satisfaction=satisfaction,
        tags=rating.tags,
        text=rating.text,
        rated_at=rating.rated_at,
    )
