"""A case in plain facts, valid in every field."""

from datetime import date, datetime, timedelta

from minfang.kernel.base.clock import SHANGHAI
from minfang.services.connectors.case_repository import (
    ApplicantFacts,
    CaseFacts,
    DoneFacts,
    ItemFacts,
    MaterialFacts,
    OfficeFacts,
    ServiceFacts,
    StepFacts,
)

START = datetime(2026, 11, 20, 9, 0, tzinfo=SHANGHAI)
TASK = "1131000000000000001000112090036"
ITEM = ItemFacts(
    "312090036000", "新建民用建筑防空地下室同步建设审批", "000112090036", TASK, TASK + "01", "1", "01"
)
APPLICANT = ApplicantFacts(
    "2",
    "上海莘庄样例轨道置业有限公司",
    "001",
    "91310112MA1DEM031J",
    "沈㐂",
    "吴𬬻",
    "310112198811300059",
    "13800000103",
    "上海市闵行区都市路样例号501号",
)
OFFICE = OfficeFacts("SH-310112", "上海市闵行区国防动员办公室", "12310000DEM000057E", "310112000000")


def case(number: int = 1) -> CaseFacts:
    return CaseFacts(f"MH0420261122{number:05d}", "a1b2c3", ITEM, APPLICANT, OFFICE, START, 8, 20)


def material(number: int = 1) -> MaterialFacts:
    return MaterialFacts(f"m{number}", "M4-02", "规划意见", "2", START, "规划意见.pdf")


def step(node: str, outcome: str, hour: int) -> StepFacts:
    service = ServiceFacts("受理", START + timedelta(hours=hour), 1) if node == "N20_ACCEPT" else None
    begin = START + timedelta(hours=hour - 1)
    return StepFacts(
        node,
        node,
        outcome,
        "沈嘉禾",
        begin,
        begin + timedelta(minutes=30),
        "符合要求",
        accepted_at=START + timedelta(hours=1),
        promise_due=date(2026, 12, 2),
        service=service,
    )


STEPS = [
    ("N10_RECEIVE", "DONE"),
    ("N20_ACCEPT", "ACCEPT"),
    ("N30_REVIEW", "PASS"),
    ("N40_CHECK", "RETURN"),
    ("N30_REVIEW", "PASS"),
    ("N40_CHECK", "APPROVE"),
    ("N50_APPROVE", "APPROVE"),
    ("N60_FINISH", "FINISH"),
]


def done() -> DoneFacts:
    return DoneFacts(
        "0",
        START + timedelta(hours=12),
        "沈嘉禾",
        document_name="准予行政许可决定书",
        document_no="闵国动审〔2026〕001号",
        publisher=OFFICE.name,
    )
