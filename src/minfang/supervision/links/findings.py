"""Links that need a person, for the page of what is broken today."""

from collections.abc import Iterator

from minfang.kernel.base import clock
from minfang.kernel.operations.findings import BAD, Finding, source
from minfang.supervision.links import health
from minfang.supervision.links.models import DataLink, LinkRun

AREA = "数据链路"


@source(AREA)
def links_that_are_ill() -> Iterator[Finding]:
    """Links that fail or are late."""
    now = clock.now()
    for link in DataLink.objects.select_related("source").filter(enabled=True, source__enabled=True):
        last = LinkRun.objects.filter(link=link, ended_at__isnull=False).order_by("-pk").first()
        found = health.of_link(link, now, last.error if last and link.failures else "")
        if found.tone == health.BAD:
            yield Finding(
                AREA,
                f"“{link.name}”{found.label}",
                found.reason,
                "请在数据链路页查看运行记录，处理后重试。",
                BAD,
                since=link.last_success_at,
                link=f"/office/links?tab=runs&link={link.pk}",
            )
