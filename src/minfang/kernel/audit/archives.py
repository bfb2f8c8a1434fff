"""Where each chain begins after older entries were archived: what the signed markers say."""


def starts() -> dict[int, tuple[int, str]]:
    """For each chain with archived entries: the last archived sequence and its link."""
    return {}
