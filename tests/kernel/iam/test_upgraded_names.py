"""An installation from before keeps its people: every username stays with its person, no two are alike."""

from importlib import import_module
from types import SimpleNamespace

import pytest
from django.apps import apps

from minfang.kernel.iam.models import Person, PersonKind, UsedName

pytestmark = pytest.mark.django_db


def test_names_of_before_are_kept_and_of_two_alike_the_later_is_marked() -> None:
    UsedName.objects.all().delete()
    before = ["zhang.san", "Li Si", "LISI", "one_net:x-1"]
    people = [Person(username=name, name=name, kind=PersonKind.STAFF) for name in before]
    Person.objects.bulk_create(people)
    import_module("minfang.kernel.iam.migrations.0002_proof").keep_names(apps, SimpleNamespace())
    after = dict(Person.objects.filter(name__in=before).values_list("name", "username"))
    assert (after["zhang.san"], after["Li Si"], after["one_net:x-1"]) == ("zhang.san", "lisi", "one_net:x-1")
    assert after["LISI"].startswith("lisi~")
    assert UsedName.objects.filter(name__in=after.values()).count() == 4


def test_passwords_of_before_begin_to_age_on_the_day_of_the_upgrade() -> None:
    person = Person(username="zhang.san", name="张三", kind=PersonKind.STAFF)
    person.set_password("Right-horse-7-battery")
    Person.objects.bulk_create([person])
    import_module("minfang.kernel.iam.migrations.0002_proof").age_passwords(apps, SimpleNamespace())
    assert Person.objects.get(username="zhang.san").password_changed_at is not None
