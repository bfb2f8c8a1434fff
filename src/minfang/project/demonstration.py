"""Whether this installation is the demonstration; known before any settings are read."""

import os


def is_demo() -> bool:
    """Whether this is the demonstration, with its sandbox and its accounts; unless told otherwise it is."""
    return os.environ.get("MINFANG_DEMO", "1") == "1"
