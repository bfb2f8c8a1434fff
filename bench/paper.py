"""Documents: the application form, and an approval from context to sealed PDF."""

import json
from typing import Any

from bench.measure import Result, median, times_of
from bench.world import World

APPLICATION_TARGET, SEALED_TARGET = 500.0, 1500.0
RUNS = 8


def documents(world: World) -> list[Result]:
    """Both beside a plain compilation by the typesetter."""
    return [_application(), _sealed(world)]


def _plain(source: str, context: dict[str, Any]) -> float:
    """A compilation without anything of the product around it, in milliseconds."""
    import typst

    from minfang.kernel.documents import engine, fonts

    known = fonts.font_set()
    options: dict[str, Any] = {
        "root": str(engine.ROOT),
        "font_paths": known.loaded,
        "ignore_system_fonts": True,
        "sys_inputs": {
            "data": json.dumps(context, ensure_ascii=False, default=str),
            "fonts": json.dumps(known.stacks, ensure_ascii=False),
        },
    }
    return median(times_of(lambda: typst.compile(source.encode(), format="pdf", **options), RUNS)) * 1000


def _application() -> Result:
    from minfang.kernel.documents import queries
    from minfang.services import paperwork
    from minfang.services.actions import signing
    from minfang.services.models import Case

    case = Case.objects.filter(status="DRAFT").select_related("matter", "organization").latest("id")
    taken = [value * 1000 for value in times_of(lambda: signing.render(case), RUNS)]
    source = queries.published(f"{case.matter.code}.application").source
    bare = _plain(source, {**paperwork.application_context(case), "verify": None})
    return Result(
        "申请表 PDF（已预热）",
        max(taken),
        "ms",
        APPLICATION_TARGET,
        median(taken),
        bare,
        "裸 typst",
        f"最慢，{RUNS} 次",
    )


def _sealed(world: World) -> Result:
    """Numbered, set, sealed over HTTP by the sandbox's platform, checked and stored; undone each time."""
    from django.conf import settings
    from django.db import transaction

    from minfang.kernel.documents import actions as kernel_documents
    from minfang.kernel.documents import queries
    from minfang.kernel.documents.models import Document
    from minfang.kernel.exchange import connectors
    from minfang.kernel.exchange.models import OutboxMessage
    from minfang.services import paperwork
    from minfang.services.connectors import eseal
    from minfang.services.models import Case

    settings.SANDBOX_URL = world.sandbox
    settings.SEAL_ROOTS = str(world.home / "sandbox" / "roots")
    rows = Case.objects.select_related("matter", "organization", "party", "applicant")
    case = rows.filter(status="DECIDED", organization__code="SH-CITY").latest("id")
    platform = connectors.get(eseal.CODE)
    assert platform is not None
    kept: list[Document] = []

    def once() -> None:
        with transaction.atomic():
            document = paperwork.draw_up(case, "APPROVAL", paperwork.approval_context())
            message = OutboxMessage.objects.filter(subject=case.subject, connector=eseal.CODE).latest("id")
            answer = platform.deliver(message).answer
            kernel_documents.attach_seal(document, eseal.sealed_pdf(answer), answer["seal"])
            kept[:] = [document]
            transaction.set_rollback(True)

    taken = [value * 1000 for value in times_of(once, RUNS)]
    bare = _plain(
        queries.published(f"{case.matter.code}.approval").source, {**kept[0].context, "verify": None}
    )
    note = f"渲染、用印往返、验章、入库，最慢，{RUNS} 次"
    return Result("盖章批文", max(taken), "ms", SEALED_TARGET, median(taken), bare, "裸 typst", note)
