"""National identifiers any government platform meets, checked without asking anybody.

Sources: GB 32100-2015 (统一社会信用代码), GB 11714 (its nine-character body), GB 11643 (身份证号).
"""

import re
from datetime import date

USCC_ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"
USCC_WEIGHTS = (1, 3, 9, 27, 19, 26, 16, 17, 20, 29, 25, 13, 8, 24, 10, 30, 28)
USCC_FORM = re.compile(r"[0-9A-HJ-NPQRTUWXY]{18}")
BODY_ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
BODY_WEIGHTS = (3, 7, 9, 10, 5, 8, 4, 2)
ID_CARD_FORM = re.compile(r"[1-9][0-9]{16}[0-9X]")
ID_CARD_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
ID_CARD_CHECKS = "10X98765432"


def uscc_check_character(first17: str) -> str:
    """The 18th character of a unified social credit code (weights modulo 31)."""
    total = sum(USCC_ALPHABET.index(c) * w for c, w in zip(first17, USCC_WEIGHTS, strict=True))
    return USCC_ALPHABET[(31 - total % 31) % 31]


def organization_check_character(first8: str) -> str:
    """The ninth character of the organisation body code (weights modulo 11, 10 → X, 11 → 0)."""
    total = sum(BODY_ALPHABET.index(c) * w for c, w in zip(first8, BODY_WEIGHTS, strict=True))
    return {10: "X", 11: "0"}.get(11 - total % 11) or str(11 - total % 11)


def uscc_level(code: str) -> int:
    """How far a unified social credit code holds: 0 malformed, 1 form, 2 check character, 3 body code too."""
    if not USCC_FORM.fullmatch(code):
        return 0
    if uscc_check_character(code[:17]) != code[17]:
        return 1
    return 3 if organization_check_character(code[8:16]) == code[16] else 2


def is_uscc(code: str) -> bool:
    """Whether form, check character and body code all hold (levels L1 to L3)."""
    return uscc_level(code) == 3


def id_card_check_character(first17: str) -> str:
    """The last character of a resident identity number."""
    return ID_CARD_CHECKS[sum(int(c) * w for c, w in zip(first17, ID_CARD_WEIGHTS, strict=True)) % 11]


def is_id_card(number: str) -> bool:
    """Whether form, birth date and check character of a resident identity number hold."""
    if not ID_CARD_FORM.fullmatch(number) or id_card_check_character(number[:17]) != number[17]:
        return False
    try:
        born = date(int(number[6:10]), int(number[10:12]), int(number[12:14]))
    except ValueError:
        return False
    return born.year >= 1800
