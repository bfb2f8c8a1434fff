"""Where links may go: a list in the configuration, checked on the address that is really connected to.

``settings.LINK_ALLOWED`` holds entries such as ``10.8.0.0/16:5432``, ``db.district.gov:*``. Loopback counts
only in the demonstration; link-local and other special addresses never do.
"""

import ipaddress
import socket
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings

from minfang.supervision.links.refusals import unusable

Ip = ipaddress.IPv4Address | ipaddress.IPv6Address
HINT = "请联系系统管理员在允许的数据源地址（MINFANG_LINK_ALLOWED）中登记该主机和端口。"


@dataclass(frozen=True)
class Address:
    """A host as it was named, and the address that was checked and must be used."""

    host: str
    ip: str
    port: int


def resolve(host: str, port: int) -> Address:
    """The checked address of a source; refuses unknown hosts and those not on the list."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise unusable("HOST_UNKNOWN", f"找不到主机“{host}”。", "请核对主机名或改填 IP 地址。") from error
    ips = [ipaddress.ip_address(str(row[4][0]).partition("%")[0]) for row in found]
    if not ips or not all(_allowed(host, ip, port) for ip in ips):
        raise unusable("ADDRESS_REFUSED", f"不允许连接 {host}:{port}。", HINT)
    return Address(host, str(ips[0]), port)


def _allowed(host: str, ip: Ip, port: int) -> bool:
    plain = ip.ipv4_mapped if isinstance(ip, ipaddress.IPv6Address) and ip.ipv4_mapped else ip
    if plain.is_loopback:
        return bool(settings.DEMO)
    if plain.is_link_local or plain.is_multicast or plain.is_unspecified or plain.is_reserved:
        return False
    return any(_matches(entry, host, plain, port) for entry in settings.LINK_ALLOWED)


def _matches(entry: str, host: str, ip: Ip, port: int) -> bool:
    place, _, ports = entry.strip().rpartition(":")
    if ports not in ("*", str(port)):
        return False
    try:
        return ip in ipaddress.ip_network(place, strict=False)
    except ValueError:
        return place.lower() == host.lower()


def file_below(path: str) -> Path:
    """A file of the folder for imports; refuses whatever leads out of it."""
    root = Path(settings.LINK_FILES).resolve()
    found = (root / path).resolve()
    if not found.is_relative_to(root):
        raise unusable("FILE_REFUSED", "文件须在导入目录内。", "请只填写导入目录下的相对路径。")
    if not found.is_file():
        raise unusable("FILE_MISSING", f"导入目录中没有文件“{path}”。", "请核对文件名，或先放入导入目录。")
    return found
