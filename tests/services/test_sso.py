"""Sign-in over the city's identity platforms, over real HTTP (handbook §6.10)."""

from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from django.test import Client
from tests.support.sandbox import Sandbox

from minfang.kernel.iam.models import Person
from minfang.sandbox import staff

pytestmark = pytest.mark.django_db
HANDLER = staff.number_of("shen.jiahe")


@pytest.fixture
def browser(loaded: None, sandbox: Sandbox, settings: Any) -> Client:
    settings.PUBLIC_URL = "http://testserver"
    settings.OUTSIDE_TIMEOUT_SECONDS = 0.5
    return Client()


def begin(browser: Client, start: str) -> str:
    """The platform's address the browser is sent to."""
    return str(browser.get(f"/api/session/{start}").json()["redirect"])


def choose(address: str, path: str, user: str) -> str:
    """Choose somebody on the platform's page; where it sends the browser, as a path here."""
    parts = urlsplit(address)
    query = {name: values[0] for name, values in parse_qs(parts.query).items()}
    target = f"{parts.scheme}://{parts.netloc}{path}"
    answer = httpx.post(target, data={**query, "user": user}, trust_env=False)
    back = urlsplit(answer.headers["location"])
    return f"{back.path}?{back.query}"


def arrive(browser: Client, back: str) -> str:
    """Come back; where the product sends on."""
    return str(browser.get(back)["location"])


def who(browser: Client) -> str:
    body = browser.get("/api/session").json()
    return str(body["person"]["name"]) if body["signed_in"] else ""


def person_or_company(kind: str) -> str:
    from minfang.sandbox.people import everybody

    return next(one.id for one in everybody().values() if bool(one.company) == (kind == "company"))


@pytest.mark.parametrize("kind", ["person", "company"])
def test_applicants_come_by_the_one_net_as_person_and_as_company(browser: Client, kind: str) -> None:
    back = choose(begin(browser, "sso/start?next=/my"), "/sso/choose", person_or_company(kind))
    assert arrive(browser, back) == "/my"
    body = browser.get("/api/session").json()["person"]
    assert body["kind"] == "APPLICANT"
    assert bool(body["party_name"]) == (kind == "company")


def test_staff_come_by_the_platform_for_public_servants(browser: Client) -> None:
    back = choose(begin(browser, "staff-sso/start"), "/gov-staff/choose", HANDLER)
    assert arrive(browser, back) == "/office"
    assert who(browser) == "沈嘉禾"


def test_a_code_does_not_work_twice_and_not_in_another_browser(browser: Client) -> None:
    back = choose(begin(browser, "staff-sso/start"), "/gov-staff/choose", HANDLER)
    other = Client()
    begin(other, "staff-sso/start")
    assert "problem=expired" in arrive(other, back)
    assert arrive(browser, back) == "/office"
    assert "problem=expired" in arrive(browser, back)


@pytest.mark.parametrize("start", ["sso", "staff-sso"])
def test_a_wrong_state_is_refused(browser: Client, start: str) -> None:
    begin(browser, f"{start}/start")
    assert "problem=expired" in arrive(browser, f"/api/session/{start}/return?code=x&state=wrong")
    assert who(browser) == ""


def test_an_answer_with_another_nonce_is_refused(browser: Client) -> None:
    address = begin(browser, "staff-sso/start")
    nonce = parse_qs(urlsplit(address).query)["nonce"][0]
    back = choose(address.replace(nonce, "another"), "/gov-staff/choose", HANDLER)
    assert "problem=refused" in arrive(browser, back)


def test_a_public_servant_without_an_account_gets_none(browser: Client) -> None:
    before = Person.objects.count()
    back = choose(begin(browser, "staff-sso/start"), "/gov-staff/choose", "SHGW999999")
    assert arrive(browser, back) == "/office/sign-in?problem=unknown"
    assert (Person.objects.count(), who(browser)) == (before, "")


def test_a_disabled_account_is_not_signed_in(browser: Client) -> None:
    person = Person.objects.get(username="shen.jiahe")
    person.is_active = False
    person.save()
    back = choose(begin(browser, "staff-sso/start"), "/gov-staff/choose", HANDLER)
    assert "problem=unknown" in arrive(browser, back)


def test_a_platform_that_does_not_answer_is_told_and_a_lost_answer_is_asked_for_again(
    browser: Client, sandbox: Sandbox
) -> None:
    back = choose(begin(browser, "staff-sso/start"), "/gov-staff/choose", HANDLER)
    sandbox.faults("gov_staff", mode="timeout", fail_percent=100, hang_seconds=2)
    assert "problem=refused" in arrive(browser, back)
    sandbox.faults("gov_staff", fail_percent=0)
    back = choose(begin(browser, "staff-sso/start"), "/gov-staff/choose", HANDLER)
    sandbox.faults("gov_staff", mode="lost_answer", fail_next=1, hang_seconds=2)
    assert arrive(browser, back) == "/office"


def ticket_for(sandbox: Sandbox, user: str) -> str:
    form = {"to": "http://testserver/m", "user": user}
    answer = httpx.post(f"{sandbox.url}/gov-cloud/open", data=form, trust_env=False)
    return parse_qs(urlsplit(answer.headers["location"]).query)["ticket"][0]


def use(browser: Client, ticket: str) -> int:
    return browser.post(
        "/api/session/ticket", {"ticket": ticket}, content_type="application/json"
    ).status_code


def test_a_ticket_of_the_mobile_container_signs_in_once(browser: Client, sandbox: Sandbox) -> None:
    ticket = ticket_for(sandbox, HANDLER)
    assert use(browser, ticket) == 200
    assert who(browser) == "沈嘉禾"
    assert use(Client(), ticket) == 401


def test_a_ticket_is_not_taken_twice_even_when_the_platform_would(browser: Client, sandbox: Sandbox) -> None:
    ticket = ticket_for(sandbox, HANDLER)
    sandbox.faults("gov_cloud", mode="error", fail_percent=100)
    assert use(browser, ticket) == 401
    sandbox.faults("gov_cloud", fail_percent=0)
    assert use(browser, ticket) == 401


def test_an_invented_ticket_or_one_of_a_stranger_is_refused(browser: Client, sandbox: Sandbox) -> None:
    for ticket in ("invented", "", ticket_for(sandbox, "SHGW999999")):
        assert use(browser, ticket) == 401
        assert who(browser) == ""
