"""Tell the engine which steps of the matters' processes must stay."""

import tomllib

from minfang.kernel.workflow import anchors
from minfang.services.matters import DEFINITIONS


def declare() -> None:
    """For both processes of every matter; a matter may name steps of its own (``[anchors]``)."""
    told = tomllib.loads((DEFINITIONS / "step_anchors.toml").read_text())
    shared = told["steps"]
    anchors.name_facts(told["facts"])
    for file in sorted(DEFINITIONS.glob("*/matter.toml")):
        matter = tomllib.loads(file.read_text())
        for level in ("city", "district"):
            if code := matter.get(f"process_{level}"):
                anchors.require(code, matter.get("anchors", shared))
