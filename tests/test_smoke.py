import pytest
from django.test import Client

from minfang.kernel.iam.models import Party


@pytest.mark.django_db
def test_the_database_answers_and_personal_data_is_encrypted_at_rest(client: Client) -> None:
    assert client.get("/healthz").json() == {"status": "ok"}
    party = Party.objects.create(
        kind="2", name="上海澜庭置业有限公司", id_no="91110000802100433B", id_no_index="x"
    )
    assert Party.objects.get(pk=party.pk).id_no == "91110000802100433B"
