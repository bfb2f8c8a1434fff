"""Names of places inside parallel blocks.

A branch is a path such as ``F1.0/F2.1``: the first branch of block F1, in it the second branch of F2.
The empty path is the main line. A node has one place only, because blocks are properly nested.
"""

Segment = tuple[str, int]


def segments(branch: str) -> list[Segment]:
    """The blocks around this place, outermost first, each with the number of the branch taken."""
    pairs = [part.rpartition(".") for part in branch.split("/") if part]
    return [(fork, int(index)) for fork, _, index in pairs]


def inside(branch: str, fork: str, index: int) -> str:
    """The place one block further in."""
    step = f"{fork}.{index}"
    return f"{branch}/{step}" if branch else step


def parent(branch: str) -> str:
    """The place one block further out."""
    return branch.rpartition("/")[0]


def parallel(one: str, other: str) -> bool:
    """Whether two places lie in different branches of the same block, so that neither follows the other."""
    for (fork_a, index_a), (fork_b, index_b) in zip(segments(one), segments(other), strict=False):
        if fork_a != fork_b:
            return False
        if index_a != index_b:
            return True
    return False


def within(branch: str, outer: str) -> bool:
    """Whether ``branch`` is ``outer`` or lies inside it."""
    return not outer or branch == outer or branch.startswith(outer + "/")
