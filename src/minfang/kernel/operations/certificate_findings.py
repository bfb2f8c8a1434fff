"""Certificates that end soon or have ended: a finding while it lasts, an alarm once one has expired."""

from collections.abc import Iterator

from minfang.kernel.audit.alarms import raise_alarm
from minfang.kernel.base import clock
from minfang.kernel.base.periodic import every
from minfang.kernel.crypto import expiry, port
from minfang.kernel.crypto.expiry import Relied
from minfang.kernel.operations.findings import BAD, WARN, Finding, source

WATCH_SECONDS = 3600
PAGE = "/admin/keys"
_told: set[str] = set()


@source("密码")
def certificates() -> Iterator[Finding]:
    """What has to be exchanged within a month, the password service that gives no certificate."""
    relied, trouble = _relied()
    if trouble:
        advice = "请检查密码服务及其配置。"
        yield Finding("密码", "取不到服务器签名证书", trouble, advice, BAD, link=PAGE)
    for one in relied:
        if one.warning:
            yield _finding(one)


def _relied() -> tuple[list[Relied], str]:
    """The certificates, and why the platform's own is not among them."""
    try:
        return [expiry.own(), *expiry.roots()], ""
    except (port.CryptoUnavailable, port.CryptoMisconfigured) as error:
        return expiry.roots(), str(error)


def _finding(one: Relied) -> Finding:
    if one.has_expired:
        title, severity = f"证书已过期：{one.name}", BAD
    else:
        title, severity = f"证书将在 {one.days_left} 天后到期：{one.name}", WARN
    detail = f"{one.use}，序列号 {one.serial}，有效期至 {one.end.astimezone(clock.SHANGHAI):%Y-%m-%d}。"
    return Finding("密码", title, detail, "请向证书签发机构办理换证并更换。", severity, link=PAGE)


@every(WATCH_SECONDS)
def watch() -> None:
    """Tell the security administrator of a certificate that has expired, once a run of this process."""
    for one in _relied()[0]:
        if one.has_expired and one.serial not in _told:
            _told.add(one.serial)
            summary = f"证书已过期：{one.name}（{one.use}，序列号 {one.serial}）"
            raise_alarm("crypto.certificate_expired", target=f"certificate:{one.serial}", summary=summary)
