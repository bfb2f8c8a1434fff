"""How personal numbers are shown to whoever gave no reason to see them (security handbook B.63)."""


def mobile(number: str) -> str:
    """``138****5678``; what is too short to leave anything unknown is not shown at all."""
    return f"{number[:3]}****{number[-4:]}" if len(number) >= 9 else "*" * len(number)


def id_no(number: str) -> str:
    """``310***********1234``."""
    return f"{number[:3]}{'*' * (len(number) - 7)}{number[-4:]}" if len(number) >= 12 else "*" * len(number)
