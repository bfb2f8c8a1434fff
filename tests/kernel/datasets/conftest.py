"""A dataset of people, as plain as one can be: who they are, where they work, when they last signed in."""

from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any

import pytest
from django.db.models import Q

from minfang.kernel.base import clock
from minfang.kernel.datasets import model
from minfang.kernel.datasets.model import (
    Dataset,
    Dimension,
    RowColumn,
    TimeDimension,
    count_of,
    share_of,
)
from minfang.kernel.iam.access import Access
from minfang.kernel.iam.models import Organization, Person, Role, RoleGrant

OFFICES = {"310101": "黄浦区国动办", "310104": "徐汇区国动办", "310115": "浦东新区国动办"}
ACTIVE = Q(is_active=True)
EVER = Q(last_login__isnull=False)


def people_of(access: Access) -> Any:
    """Sample people of the offices a person may read."""
    return Person.objects.filter(
        organization_id__in=access.offices_for("people.read"), title__startswith="样"
    )


def reach(access: Access) -> list[str]:
    rows = Organization.objects.filter(pk__in=access.offices_for("people.read"))
    return sorted(rows.values_list("district_code", flat=True))


PEOPLE = Dataset(
    code="people",
    title="人员",
    source=people_of,
    time="seen",
    dimensions={
        "district": Dimension(
            "区",
            "organization__district_code",
            {code: name[:3] for code, name in OFFICES.items()},
            domain=reach,
        ),
        "title": Dimension("职务", "title", order=("样乙", "样甲")),
        "mark": Dimension("标记", "id_no_index", {"x": "有标记"}, missing="无标记"),
        "seen": TimeDimension("登录", "last_login", missing="从未"),
    },
    measures={
        "people": count_of("人数", unit="人"),
        "active": count_of("在岗", ACTIVE, unit="人", basis="账号有效。"),
        "share": share_of("在岗登录率", ACTIVE, EVER),
    },
    permission="people.read",
    columns=(RowColumn("姓名", "name"), RowColumn("职务", "title")),
    link="/people/{pk}",
)


@pytest.fixture
def registry() -> Iterator[dict[str, Dataset]]:
    """The registry, put back afterwards."""
    kept = dict(model._registry)
    yield model._registry
    model._registry.clear()
    model._registry.update(kept)


@pytest.fixture
def offices(db: None) -> dict[str, Organization]:
    made = {}
    for code, name in OFFICES.items():
        made[code] = Organization.objects.create(
            code=f"T{code}", name=name, short_name=name[:2], kind="DISTRICT_OFFICE", district_code=code
        )
    return made


@pytest.fixture
def officer(offices: dict[str, Organization]) -> Callable[..., Access]:
    """``officer("310101")``: somebody who may read the people of these offices."""
    role, _ = Role.objects.get_or_create(
        code="t_reader", defaults={"name": "读", "permissions": ["people.read"]}
    )

    def make(*codes: str) -> Access:
        person = Person.objects.create(username=f"t.{'.'.join(codes) or 'nobody'}", name="读者", kind="STAFF")
        for code in codes:
            RoleGrant.objects.create(person=person, role=role, organization=offices[code])
        access = Access(person)
        assert access.grants is not None
        return access

    return make


@pytest.fixture
def add(offices: dict[str, Organization]) -> Callable[..., Person]:
    """Add one person to an office."""

    def make(
        district: str, title: str = "样甲", seen: datetime | None = None, active: bool = True, mark: str = ""
    ) -> Person:
        return Person.objects.create(
            username=f"s.{Person.objects.count()}",
            name="=1+1",
            kind="STAFF",
            title=title,
            organization=offices[district],
            last_login=seen,
            is_active=active,
            id_no_index=mark,
        )

    return make


def at(text: str) -> datetime:
    """An instant in Shanghai."""
    return datetime.fromisoformat(text).replace(tzinfo=clock.SHANGHAI)
