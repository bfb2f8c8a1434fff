"""Published graphs, parsed once a process: a published row never changes."""

from functools import lru_cache

from minfang.kernel.workflow.graph import Graph, build
from minfang.kernel.workflow.models import ProcessDefinition


@lru_cache(maxsize=256)
def graph_of(definition_id: int) -> Graph:
    """The graph of a published definition."""
    return build(ProcessDefinition.objects.values_list("graph", flat=True).get(pk=definition_id))
