"""Faults in what a graph says about countersigning, shortcuts, handing over and approvals aside."""

from collections import Counter
from collections.abc import Callable, Iterator

from minfang.kernel.workflow.graph import APPLICANT, APPROVALS, Countersign, Graph, Node, Skip
from minfang.kernel.workflow.validation_tools import condition, reach, title

RULES = ("all", "any", "ratio", "ordered")
AREAS = ("city_to_district", "district_to_city", "district_to_district")
AGREE, REFUSE = "AGREE", "REFUSE"
LONGEST_SEAT, MOST_SEATS = 20, 50


def countersigns(graph: Graph) -> Iterator[str]:
    """Seats with names of their own, a rule that can be carried and a way out when it is not."""
    for node in graph.nodes.values():
        if node.countersign is None:
            continue
        if node.kind != "task" or node.role == APPLICANT:
            yield f"{title(node)}不是本单位的办理环节，不能会签"
        elif node.may_supplement:
            yield f"{title(node)}是会签环节，不能发起补正；可在会签之前的环节补正"
        else:
            yield from _countersign(node, node.countersign)


def _countersign(node: Node, rule: Countersign) -> Iterator[str]:
    where = f"{title(node)}的会签"
    codes = [seat.code for seat in rule.seats]
    if not 1 <= len(codes) <= MOST_SEATS:
        yield f"{where}应有 1 至 {MOST_SEATS} 席"
    for code, times in Counter(codes).items():
        if times > 1 or not 0 < len(code) <= LONGEST_SEAT or code.startswith("+"):
            yield f"{where}席位编码 {code or '（空）'} 为空、重复、过长或以加号开头"
    if any(not seat.role or seat.role == APPLICANT for seat in rule.seats):
        yield f"{where}每一席都要有办理角色"
    if rule.rule not in RULES:
        yield f"{where}规则只能是 {'、'.join(RULES)}"
    if not 1 <= rule.share <= 100:
        yield f"{where}通过比例应为 1 至 100（百分比）"
    if node.outcome(rule.agree) is None:
        yield f"{where}没有指明哪个办理结果算同意"
    if rule.refuse and node.outcome(rule.refuse) is None:
        yield f"{where}未通过时的办理结果 {rule.refuse} 不存在"
    if rule.refuse == rule.agree or (len(node.outcomes) > 1 and not rule.refuse):
        yield f"{where}没有指明未通过时的办理结果"


def skips(graph: Graph) -> Iterator[str]:
    """A shortcut leads forward, stays in its branch, and counts as one of the step's outcomes."""
    for node in graph.nodes.values():
        codes = Counter(skip.code for skip in node.skips)
        if node.skips and (node.kind != "task" or node.countersign or node.role == APPLICANT):
            yield f"{title(node)}不能跳级：只有本单位的单人办理环节可以"
        for skip in node.skips:
            if codes[skip.code] > 1 or not skip.code:
                yield f"{title(node)}的跳级编码 {skip.code or '（空）'} 为空或重复"
            yield from _skip(graph, node, skip)


def _skip(graph: Graph, node: Node, skip: Skip) -> Iterator[str]:
    where = f"{title(node)}的跳级 {skip.code}"
    target = graph.nodes.get(skip.to)
    if target is None or target.kind not in ("task", "end"):
        yield f"{where}指向的 {skip.to} 不存在，或不是办理环节、结束节点"
    elif target.code == node.code or target.code not in reach(graph, [node.code]):
        yield f"{where}指向的{title(target)}不在它之后"
    elif graph.branch(target.code) != graph.branch(node.code):
        yield f"{where}跳出或跳入了并行分支"
    if skip.outcome and node.outcome(skip.outcome) is None:
        yield f"{where}没有办理结果 {skip.outcome}"
    if skip.when:
        yield from condition(graph, f"{where}的条件", skip.when)


def areas(graph: Graph) -> Iterator[str]:
    """The directions in which a case may be handed to another office."""
    for node in graph.nodes.values():
        for area in node.transfer_areas:
            if area not in AREAS:
                yield f"{title(node)}的转派范围 {area} 无法识别，只能是 {'、'.join(AREAS)}"
        aside = node.transfer_areas or node.may_delegate or node.may_add_signer
        if aside and (node.kind != "task" or node.role == APPLICANT):
            yield f"{title(node)}不是本单位的办理环节，不能跨区转派、委派或加签"


def approvals(graph: Graph) -> Iterator[str]:
    """The levels of 撤销 and 作废: a role, and the outcomes yes and no."""
    for node in graph.of_kind(*sorted(APPROVALS)):
        if not node.role or node.role == APPLICANT:
            yield f"{title(node)}没有办理角色"
        if {outcome.code for outcome in node.outcomes} != {AGREE, REFUSE}:
            yield f"{title(node)}的办理结果应为 {AGREE} 和 {REFUSE}"


VERB_CHECKS: tuple[Callable[[Graph], Iterator[str]], ...] = (countersigns, skips, areas, approvals)
