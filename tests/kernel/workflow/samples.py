"""Sample processes, people and shorthands for the tests of the engine."""

from itertools import pairwise
from typing import Any

from minfang.kernel.iam.models import Organization, Person, Role, RoleGrant
from minfang.kernel.workflow import actions, queries
from minfang.kernel.workflow.engine import Transition
from minfang.kernel.workflow.models import ProcessInstance, WorkItem


def task(code: str, role: str = "handler", **more: Any) -> dict[str, Any]:
    more.setdefault("outcomes", [{"code": "OK", "label": "同意", "tone": "primary"}])
    return {"code": code, "name": more.pop("name", code), "kind": "task", "role": role, **more}


def other(code: str, kind: str, **more: Any) -> dict[str, Any]:
    return {"code": code, "name": code, "kind": kind, **more}


def edge(source: str, target: str, outcome: str = "", when: str = "") -> dict[str, Any]:
    return {"from": source, "to": target, "outcome": outcome, "when": when}


def chain(*codes: str) -> list[dict[str, Any]]:
    return [edge(a, b) for a, b in pairwise(codes)]


def graph(nodes: list[dict[str, Any]], edges: list[dict[str, Any]], **more: Any) -> dict[str, Any]:
    return {"code": "SAMPLE", "title": "示例流程", "nodes": nodes, "edges": edges, **more}


def approval() -> dict[str, Any]:
    """Accept, review, check, decide: with returns, supplement, special procedure and two outcomes."""
    decide = [
        {"code": "APPROVE", "label": "准予", "tone": "primary"},
        {"code": "DENY", "label": "不予", "tone": "danger", "opinion_required": True},
    ]
    nodes = [
        other("START", "start"),
        task(
            "ACCEPT",
            name="受理",
            may_supplement=True,
            may_transfer=True,
            timed=True,
            limit_days=5,
            case_status="ACCEPTING",
        ),
        task(
            "REVIEW",
            name="审查",
            same_person_as="ACCEPT",
            may_supplement=True,
            may_suspend=True,
            timed=True,
            limit_days=8,
            case_status="REVIEWING",
        ),
        task(
            "CHECK",
            "section_head",
            name="审核",
            return_to=["REVIEW", "ACCEPT"],
            return_policy="either",
            case_status="REVIEWING",
        ),
        task(
            "DECIDE",
            "deputy_director",
            name="审定",
            return_to=["CHECK", "REVIEW"],
            outcomes=decide,
            case_status="REVIEWING",
        ),
        other("GRANTED", "exclusive"),
        task("CERT", "cert_issuer", name="制证", case_status="CERTIFYING"),
        other("DONE", "end", case_status="DONE"),
        other("DENIED", "end", case_status="DENIED"),
        other("SUPP", "supplement", role="applicant", case_status="SUPPLEMENT", limit_days=15),
        other("SPEC", "special", case_status="SPECIAL"),
    ]
    edges = [
        *chain("START", "ACCEPT", "REVIEW", "CHECK", "DECIDE", "GRANTED"),
        edge("GRANTED", "CERT", when="outcomes.DECIDE == 'APPROVE'"),
        edge("GRANTED", "DENIED"),
        edge("CERT", "DONE"),
    ]
    return graph(nodes, edges)


def consultation(scope: str = "branch") -> dict[str, Any]:
    """Two branches, one of two steps, then a leader who may return into either or before the block."""
    nodes = [
        other("START", "start"),
        task("PLAN"),
        other("FORK", "fork"),
        task("A1"),
        task("A2", return_to=["A1", "PLAN"]),
        task("B1", return_to=["PLAN"], may_supplement=True),
        other("JOIN", "join"),
        task(
            "LEADER",
            "section_head",
            return_to=["A1", "A2", "B1", "PLAN"],
            return_policy="either",
            return_scope=scope,
        ),
        other("END", "end", case_status="DONE"),
        other("SUPP", "supplement", role="applicant"),
    ]
    edges = [
        *chain("START", "PLAN", "FORK", "A1", "A2", "JOIN", "LEADER", "END"),
        *chain("FORK", "B1", "JOIN"),
    ]
    return graph(nodes, edges)


YES_OR_NO = [{"code": "OK", "label": "同意"}, {"code": "NO", "label": "不同意"}]
DECISION = [{"code": "AGREE", "label": "同意"}, {"code": "REFUSE", "label": "不同意"}]


def committee(rule: str = "all", **more: Any) -> dict[str, Any]:
    """Prepare, countersign by three seats, decide; with everything an officer may do aside."""
    seats = [
        {"code": "PLAN", "name": "规划科", "role": "handler"},
        {"code": "LAW", "name": "法规科", "role": "section_head"},
        {"code": "FEE", "name": "财务科", "role": "cert_issuer"},
    ]
    sign = {"seats": seats, "rule": rule, "agree": "OK", "refuse": "NO", **more}
    nodes = [
        other("START", "start"),
        task(
            "PREP",
            name="拟办",
            may_delegate=True,
            may_add_signer=True,
            may_supplement=True,
            may_suspend=True,
            may_transfer=True,
            transfer_areas=["city_to_district"],
            skips=[{"code": "URGENT", "label": "直报领导", "to": "LEADER", "role": "section_head"}],
        ),
        task(
            "SIGN", name="会签", outcomes=YES_OR_NO, countersign=sign, return_to=["PREP"], may_add_signer=True
        ),
        task("LEADER", "deputy_director", name="审定", return_to=["SIGN", "PREP"], return_policy="either"),
        other("DONE", "end", case_status="DONE", role="section_head", return_to=["LEADER", "SIGN"]),
        other("REJECTED", "end", case_status="DENIED"),
        other("SUPP", "supplement", role="applicant", case_status="SUPPLEMENT"),
        other("SPEC", "special", case_status="SPECIAL"),
        other("CANCEL1", "cancel", role="section_head", outcomes=DECISION, case_status="CANCELLING"),
        other("VOID1", "void", role="section_head", outcomes=DECISION),
        other("VOID2", "void", role="deputy_director", outcomes=DECISION),
    ]
    edges = [
        *chain("START", "PREP", "SIGN"),
        edge("SIGN", "LEADER", "OK"),
        edge("SIGN", "REJECTED", "NO"),
        edge("LEADER", "DONE"),
    ]
    return graph(nodes, edges)


class World:
    """An office with two people per role, an applicant, and one running instance."""

    ROLES = ("prereviewer", "handler", "section_head", "deputy_director", "cert_issuer")

    def __init__(self) -> None:
        self.office = self._office("310000", "市国动办")
        self.elsewhere = self._office("310107", "普陀区国动办")
        self.people: dict[str, Person] = {}
        for role in self.ROLES:
            row, _ = Role.objects.get_or_create(code=role, defaults={"name": f"{role}岗"})
            for number in (1, 2):
                self._grant(f"{role}{number}", row, self.office)
            self._grant(f"{role}_elsewhere", row, self.elsewhere)
        self.applicant = self._person("applicant", kind="APPLICANT")
        self.instance: ProcessInstance

    def _office(self, code: str, name: str) -> Organization:
        kind = "MUNICIPAL_OFFICE" if code == "310000" else "DISTRICT_OFFICE"
        return Organization.objects.create(
            code=f"O{code}", name=name, short_name=name, kind=kind, district_code=code
        )

    def _person(self, username: str, **more: Any) -> Person:
        person = Person.objects.create(username=username, name=f"{username}先生", **more)
        self.people[username] = person
        return person

    def _grant(self, username: str, role: Role, office: Organization) -> None:
        person = self._person(username, kind="STAFF", organization=office)
        RoleGrant.objects.create(person=person, role=role, organization=office)

    def __getitem__(self, username: str) -> Person:
        return self.people[username]

    def begin(self, raw: dict[str, Any], **facts: Any) -> Transition:
        actions.publish(raw["code"], raw)
        transition = actions.start(
            raw["code"], subject="case:SH1", organization=self.office, facts=facts, starter=self.applicant
        )
        self.instance = transition.instance
        return transition

    def at(self) -> list[str]:
        """The nodes that are open now."""
        return [item.node for item in self.open()]

    def open(self) -> list[WorkItem]:
        return list(queries.open_items(ProcessInstance.objects.get(pk=self.instance.pk)))

    def item(self, node: str) -> WorkItem:
        return next(item for item in self.open() if item.node == node)

    def who(self, item: WorkItem) -> Person:
        return item.assignee or self.people[f"{item.role}1"]

    def do(self, node: str, outcome: str = "OK", **more: Any) -> Transition:
        item = self.item(node)
        person = more.pop("person", None) or self.who(item)
        opinion = more.pop("opinion", "同意。")
        return actions.complete(item.pk, person=person, outcome=outcome, opinion=opinion, facts={}, **more)

    def seat(self, node: str, actor: str) -> WorkItem:
        """The open item of one seat (or of somebody added, by name)."""
        actor = f"+{self.people[actor].pk}" if actor in self.people else actor
        return next(item for item in self.open() if (item.node, item.actor) == (node, actor))

    def say(self, item: WorkItem, outcome: str = "OK", **more: Any) -> Transition:
        """Whoever has this item finishes it."""
        person = more.pop("person", None) or self.who(item)
        return actions.complete(item.pk, person=person, outcome=outcome, opinion="意见。", facts={}, **more)

    def back(self, node: str, target: str, **more: Any) -> Transition:
        item = self.item(node)
        return actions.return_to(item.pk, person=self.who(item), target=target, opinion="请补充。", **more)

    def ask(self, node: str) -> Transition:
        item = self.item(node)
        return actions.request_supplement(item.pk, person=self.who(item), opinion="请补正图纸。")

    def answer(self) -> Transition:
        return actions.answer_supplement(self.item("SUPP").pk, person=self.applicant)

    def refreshed(self) -> ProcessInstance:
        self.instance.refresh_from_db()
        return self.instance
