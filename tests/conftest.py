"""Fixtures every test may use."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from django.contrib.auth.signals import user_logged_in
from django.http import HttpRequest

from minfang.kernel.iam import policy, proof


@pytest.fixture(autouse=True)
def _files_in_a_folder_of_their_own(settings: object, tmp_path: Path) -> None:
    settings.FILES_ROOT = str(tmp_path / "files")  # type: ignore[attr-defined]
    settings.AUDIT_HEADS = str(tmp_path / "audit-heads")  # type: ignore[attr-defined]


@pytest.fixture(autouse=True)
def _passwords_are_quick_and_the_policy_is_read_anew(settings: object) -> Iterator[None]:
    settings.PASSWORD_ROUNDS = 1000  # type: ignore[attr-defined]
    policy.forget()
    yield
    policy.forget()


FAR_AHEAD = 10 * 365 * 86400


def _take_for_signed_in(sender: object, request: HttpRequest, user: object, **_: object) -> None:
    """``force_login`` proves everything, and lasts however far a test moves the clock."""
    then = proof.now_seconds() + FAR_AHEAD
    proof.keep(request, proof.Proof(then, then, "test", ["test"], True, then, then))


user_logged_in.connect(_take_for_signed_in, dispatch_uid="tests")

pytest_plugins = ["tests.support.sandbox", "tests.support.product", "tests.support.played"]


WITH_OWN_DATABASE = ("make_up", "backup", "upgrade")


def _turn(item: pytest.Item) -> int:
    """What starts whole products first, for it takes longest; rooms of the kernel before anything fills their
    database; what shares a set-up before single tests, for it stays with one worker."""
    group = item.get_closest_marker("xdist_group")
    if item.get_closest_marker("browser") or (group is not None and group.args[0] in WITH_OWN_DATABASE):
        return 0
    if "/tests/kernel/" in str(item.path):
        return 1
    return 2 if group is not None or item.get_closest_marker("slow") else 3


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The order in which the workers take tests from the queue."""
    items.sort(key=_turn)
