"""Syntax tree of an expression; every node evaluates itself against an environment."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from minfang.kernel.expressions.functions import BUILT_IN
from minfang.kernel.expressions.values import ExpressionError, arithmetic, as_value, equal, member, order


@dataclass(frozen=True, slots=True)
class Environment:
    """The declared facts and the registered functions an expression may see."""

    facts: Mapping[str, Any]
    functions: Mapping[str, Callable[..., Any]]


class Node:
    """A part of an expression."""

    __slots__ = ()

    def evaluate(self, env: Environment) -> Any:
        """The value of this part."""
        raise NotImplementedError

    def parts(self) -> Iterator["Node"]:
        """The nodes directly below."""
        return iter(())


@dataclass(frozen=True, slots=True)
class Literal(Node):
    value: Any

    def evaluate(self, env: Environment) -> Any:
        return self.value


@dataclass(frozen=True, slots=True)
class Path(Node):
    segments: tuple[str, ...]

    def evaluate(self, env: Environment) -> Any:
        value: Any = env.facts
        for segment in self.segments:
            value = _step(value, segment)
            if value is None:
                return None
        return as_value(value)


def _step(value: Any, segment: str) -> Any:
    if isinstance(value, Mapping):
        return value.get(segment)
    if isinstance(value, list | tuple):
        return [row.get(segment) if isinstance(row, Mapping) else None for row in value]
    return None


@dataclass(frozen=True, slots=True)
class ListNode(Node):
    elements: tuple[Node, ...]

    def evaluate(self, env: Environment) -> Any:
        return [element.evaluate(env) for element in self.elements]

    def parts(self) -> Iterator[Node]:
        return iter(self.elements)


@dataclass(frozen=True, slots=True)
class Chain(Node):
    """``first op second op …`` of one arithmetic level, applied from the left."""

    first: Node
    rest: tuple[tuple[str, Node], ...]

    def evaluate(self, env: Environment) -> Any:
        value = self.first.evaluate(env)
        for operator, node in self.rest:
            value = arithmetic(operator, value, node.evaluate(env))
        return value

    def parts(self) -> Iterator[Node]:
        yield self.first
        for _, node in self.rest:
            yield node


@dataclass(frozen=True, slots=True)
class Comparison(Node):
    operator: str
    left: Node
    right: Node

    def evaluate(self, env: Environment) -> Any:
        left, right = self.left.evaluate(env), self.right.evaluate(env)
        if self.operator in ("==", "!="):
            return equal(left, right) == (self.operator == "==")
        if self.operator in ("in", "not in"):
            inside = member(left, right)
            return None if inside is None else inside == (self.operator == "in")
        sign = order(left, right)
        return None if sign is None else _ORDER[self.operator](sign)

    def parts(self) -> Iterator[Node]:
        return iter((self.left, self.right))


_ORDER: dict[str, Callable[[int], bool]] = {
    "<": lambda sign: sign < 0,
    "<=": lambda sign: sign <= 0,
    ">": lambda sign: sign > 0,
    ">=": lambda sign: sign >= 0,
}


@dataclass(frozen=True, slots=True)
class Logic(Node):
    """``and`` (decided by false) or ``or`` (decided by true) over three-valued operands."""

    decider: bool
    operands: tuple[Node, ...]

    def evaluate(self, env: Environment) -> Any:
        unknown = False
        for node in self.operands:
            value = _truth(node.evaluate(env))
            if value is self.decider:
                return self.decider
            unknown = unknown or value is None
        return None if unknown else not self.decider

    def parts(self) -> Iterator[Node]:
        return iter(self.operands)


@dataclass(frozen=True, slots=True)
class Not(Node):
    operand: Node

    def evaluate(self, env: Environment) -> Any:
        value = _truth(self.operand.evaluate(env))
        return None if value is None else not value

    def parts(self) -> Iterator[Node]:
        yield self.operand


def _truth(value: Any) -> bool | None:
    if value is None or isinstance(value, bool):
        return value
    raise ExpressionError("and、or、not 只能连接条件")


@dataclass(frozen=True, slots=True)
class If(Node):
    condition: Node
    then: Node
    otherwise: Node

    def evaluate(self, env: Environment) -> Any:
        chosen = self.then if _truth(self.condition.evaluate(env)) is True else self.otherwise
        return chosen.evaluate(env)

    def parts(self) -> Iterator[Node]:
        return iter((self.condition, self.then, self.otherwise))


@dataclass(frozen=True, slots=True)
class Coalesce(Node):
    choices: tuple[Node, ...]

    def evaluate(self, env: Environment) -> Any:
        for choice in self.choices:
            value = choice.evaluate(env)
            if value is not None:
                return value
        return None

    def parts(self) -> Iterator[Node]:
        return iter(self.choices)


@dataclass(frozen=True, slots=True)
class Call(Node):
    name: str
    arguments: tuple[Node, ...]

    def evaluate(self, env: Environment) -> Any:
        arguments = [argument.evaluate(env) for argument in self.arguments]
        if self.name in BUILT_IN:
            return BUILT_IN[self.name][0](*arguments)
        function = env.functions.get(self.name)
        if function is None:
            raise ExpressionError(f"没有名为 {self.name} 的函数")
        try:
            return as_value(function(*arguments))
        except ExpressionError:
            raise
        except (ArithmeticError, ValueError, TypeError, LookupError, AttributeError) as error:
            raise ExpressionError(f"函数 {self.name} 无法计算：{error}") from error

    def parts(self) -> Iterator[Node]:
        return iter(self.arguments)
