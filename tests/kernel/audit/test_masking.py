"""Personal numbers that slip into an entry are kept in part only."""

import pytest
from django.db import transaction

from minfang.kernel.audit.actions import record
from minfang.kernel.audit.models import AuditEvent
from minfang.kernel.base import masking


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("身份证 11010519491231002X，电话 13812345678", "身份证 110***********002X，电话 138****5678"),
        ("办件 SH20261122000113812 第 3 条", "办件 SH20261122000113812 第 3 条"),
        ("统一代码 91310115MA1K3X9T2B", "统一代码 91310115MA1K3X9T2B"),
        ("123456789012345678", "123456789012345678"),
    ],
)
def test_identity_and_mobile_numbers_are_masked_and_others_are_not(text: str, kept: str) -> None:
    assert masking.in_text(text) == kept


@pytest.mark.django_db
def test_values_before_and_after_are_masked_too() -> None:
    with transaction.atomic():
        record(
            "case.submit",
            person=None,
            target="case:1",
            summary="联系 13812345678",
            after={"people": [{"mobile": "13812345678", "n": 3}]},
        )
    row = AuditEvent.objects.get()
    assert row.summary == "联系 138****5678"
    assert row.after == {"people": [{"mobile": "138****5678", "n": 3}]}
