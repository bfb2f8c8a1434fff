"""Say what most likely happened where a chain breaks: altered, missing, inserted or swapped."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from minfang.kernel.audit.chain import Linker

ALTERED, MISSING, INSERTED, SWAPPED, HEAD = "ALTERED", "MISSING", "INSERTED", "SWAPPED", "HEAD"
LABELS = {ALTERED: "被改动", MISSING: "缺失", INSERTED: "被插入", SWAPPED: "被调换", HEAD: "链头不符"}
SEARCH = 50_000


@dataclass(frozen=True)
class Entry:
    """What stands at one place: the covered values, the link, and the link before as it was written."""

    values: list[Any]
    mac: str
    previous: str

    def belongs_at(self, linker: Linker, sequence: int, previous: str) -> bool:
        """Whether this entry was made for that place after that link."""
        values = [self.values[0], sequence, *self.values[2:]]
        return linker.link(previous, values) == self.mac


LookUp = Callable[[int, int], Entry | None]


def explain(
    linker: Linker, chain: int, expected: int, previous: str, entry: Entry, look_up: LookUp
) -> tuple[str, int, str]:
    """Kind, sequence and words for what stands where ``expected`` after ``previous`` should stand."""
    there = int(entry.values[1])
    if there > expected:
        last = f" 至 {there - 1}" if there - 1 > expected else ""
        return MISSING, expected, f"第 {expected}{last} 条不在，下一条是第 {there} 条"
    origin = _made_for(linker, expected, entry)
    if origin == expected:
        return MISSING, expected, "该条本身完好，但它所接的前一条已不是原来那一条"
    other = look_up(chain, origin) if origin else None
    if other is not None and other.belongs_at(linker, expected, previous):
        return SWAPPED, expected, f"与第 {origin} 条互换了位置"
    following = look_up(chain, expected + 1)
    if following is not None and following.belongs_at(linker, expected, previous):
        return INSERTED, expected, "该条不是经审计程序写入，其后各条序号被推后"
    return _moved_or_altered(expected, origin, entry)


def _moved_or_altered(expected: int, origin: int, entry: Entry) -> tuple[str, int, str]:
    if origin == expected + 1:
        return MISSING, expected, f"原第 {expected} 条被删去，其后各条序号被前移"
    if origin:
        return SWAPPED, expected, f"该处现为原第 {origin} 条"
    return ALTERED, expected, f"内容与校验码不符（{entry.values[11]}，{entry.values[12]}）"


def _made_for(linker: Linker, near: int, entry: Entry) -> int:
    """The place this entry was made for, looked for outwards from where it stands; 0 when it is none's."""
    for distance in range(SEARCH):
        for sequence in {near + distance, near - distance}:
            if sequence > 0 and entry.belongs_at(linker, sequence, entry.previous):
                return sequence
    return 0
