"""The city and its 16 districts with every code and name that platforms and document numbers use."""

from dataclasses import dataclass
from functools import cache

from minfang.registry.definitions import load

CITY_CODE = "310000"


@dataclass(frozen=True, slots=True)
class District:
    """A district, or the city itself; ``code`` is GB/T 2260, ``portal`` the code of 一网通办 (SH00xx)."""

    code: str
    name: str
    abbr: str
    portal: str

    @property
    def letters(self) -> str:
        """Two letters for internal case numbers: SH for the city, HP, XH … for districts."""
        return self.portal[-2:]

    @property
    def code12(self) -> str:
        """The twelve-digit code of the case repository (办件库)."""
        return f"{self.code}000000"

    @property
    def number_names(self) -> dict[str, str]:
        """What number patterns print of a region."""
        return {"abbr": self.abbr, "code6": self.code, "letters": self.letters}

    @property
    def is_city(self) -> bool:
        return self.code == CITY_CODE


@cache
def _by_code() -> dict[str, District]:
    made = [District(d["code"], d["name"], d["abbr"], d["portal"]) for d in load("districts")["district"]]
    return {district.code: district for district in made}


def all_regions() -> tuple[District, ...]:
    """The city and its districts in the order of their codes."""
    return tuple(_by_code().values())


def all_districts() -> tuple[District, ...]:
    """The 16 districts without the city."""
    return tuple(district for district in all_regions() if not district.is_city)


def district(code: str) -> District:
    """The district with this GB/T 2260 code. Raises ``LookupError`` for a code that is none of today's."""
    found = _by_code().get(code)
    if found is None:
        raise LookupError(f"没有区划代码为 {code} 的区")
    return found


def current_code(code: str) -> str:
    """Today's district code for one in old records (310103 卢湾 → 310101 黄浦); others stay as they are."""
    first6 = code.strip()[:6]
    return str(load("districts")["history"].get(first6, first6))
