import pytest


@pytest.mark.django_db
def test_definitions_load_and_load_again_without_new_versions(user) -> None:
    from minfang.services.actions import publishing
    from minfang.services.models import MatterVersion

    before = MatterVersion.objects.count()
    publishing.load_all()
    assert MatterVersion.objects.count() == before == 1
