"""From text to syntax tree: a recursive-descent parser with limits on length, tokens and nesting."""

import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from decimal import Decimal
from functools import lru_cache
from typing import Any

from minfang.kernel.expressions.functions import BUILT_IN
from minfang.kernel.expressions.nodes import (
    Call,
    Chain,
    Coalesce,
    Comparison,
    Environment,
    If,
    ListNode,
    Literal,
    Logic,
    Node,
    Not,
    Path,
)
from minfang.kernel.expressions.values import ExpressionError

MAX_CHARACTERS = 2000
MAX_TOKENS = 500
MAX_DEPTH = 32
KEYWORDS = frozenset({"and", "or", "not", "in", "true", "false", "null", "if"})
CONSTANTS: dict[str, Any] = {"true": True, "false": False, "null": None}
TOKEN = re.compile(
    r"""[ \t]*(?:
      (?P<number>[0-9]{1,30}(?:\.[0-9]{1,20})?(?![0-9A-Za-z_.]))
    | (?P<word>[A-Za-z_][A-Za-z0-9_]*)
    | (?P<string>'[^'\x00-\x1f]*'|"[^"\x00-\x1f]*")
    | (?P<symbol>==|!=|<=|>=|[-+*/<>()\[\],.])
    )""",
    re.VERBOSE,
)


@dataclass(frozen=True, slots=True)
class Token:
    """One word of the text: its kind (number, word, string, symbol, end) and spelling."""

    kind: str
    text: str
    position: int


def tokens_of(text: str) -> list[Token]:
    """Cut the text into tokens; an unknown character is an error naming its place."""
    found: list[Token] = []
    position, end = 0, len(text.rstrip(" \t"))
    while position < end:
        match = TOKEN.match(text, position)
        if match is None or match.lastgroup is None:
            raise ExpressionError(f"第 {position + 1} 个字符附近无法识别")
        kind = match.lastgroup
        found.append(Token(kind, match.group(kind), match.start(kind)))
        position = match.end()
        if len(found) > MAX_TOKENS:
            raise ExpressionError(f"表达式过长（最多 {MAX_TOKENS} 个词）")
    return [*found, Token("end", "", end)]


@dataclass(frozen=True)
class Expression:
    """A parsed expression; ``text`` is what was written."""

    text: str
    root: Node

    def evaluate(
        self, facts: Mapping[str, Any], functions: Mapping[str, Callable[..., Any]] | None = None
    ) -> Any:
        """The value for these facts: None, bool, Decimal, str or list. Raises only ``ExpressionError``."""
        return self.root.evaluate(Environment(facts, functions or {}))

    def names(self) -> frozenset[str]:
        """Every dotted path the expression looks at."""
        return frozenset(".".join(node.segments) for node in _walk(self.root) if isinstance(node, Path))

    def calls(self) -> frozenset[str]:
        """Names of the registered (not built-in) functions it needs."""
        called = {node.name for node in _walk(self.root) if isinstance(node, Call)}
        return frozenset(called - BUILT_IN.keys())


def _walk(node: Node) -> Iterator[Node]:
    yield node
    for part in node.parts():
        yield from _walk(part)


def parse(text: str) -> Expression:
    """Parse an expression. Raises ``ExpressionError`` with the place of the fault."""
    if not isinstance(text, str) or len(text) > MAX_CHARACTERS:
        raise ExpressionError(f"表达式须为不超过 {MAX_CHARACTERS} 个字符的文字")
    return _parsed(text)


@lru_cache(maxsize=4096)
def _parsed(text: str) -> Expression:
    parser = _Parser(tokens_of(text))
    root = parser.expression()
    parser.expect_end()
    return Expression(text, root)


@dataclass
class _Parser:
    tokens: list[Token]
    at: int = field(default=0)
    depth: int = field(default=0)

    @property
    def token(self) -> Token:
        return self.tokens[self.at]

    def fail(self) -> ExpressionError:
        found = f"“{self.token.text}”" if self.token.kind != "end" else "结尾"
        return ExpressionError(f"第 {self.token.position + 1} 个字符处不应为{found}")

    def take(self, *spellings: str) -> str | None:
        """Consume the next token if it is one of these keywords or symbols."""
        if self.token.kind in ("word", "symbol") and self.token.text in spellings:
            self.at += 1
            return self.tokens[self.at - 1].text
        return None

    def expect(self, spelling: str) -> None:
        if self.take(spelling) is None:
            raise self.fail()

    def expect_end(self) -> None:
        if self.token.kind != "end":
            raise self.fail()

    @contextmanager
    def nested(self) -> Iterator[None]:
        if self.depth >= MAX_DEPTH:
            raise ExpressionError(f"嵌套过深（最多 {MAX_DEPTH} 层）")
        self.depth += 1
        yield
        self.depth -= 1

    def expression(self) -> Node:
        return self.logic("or", True, lambda: self.logic("and", False, self.negation))

    def logic(self, keyword: str, decider: bool, operand: Callable[[], Node]) -> Node:
        operands = [operand()]
        while self.take(keyword):
            operands.append(operand())
        return operands[0] if len(operands) == 1 else Logic(decider, tuple(operands))

    def negation(self) -> Node:
        if self.take("not"):
            with self.nested():
                return Not(self.negation())
        return self.comparison()

    def comparison(self) -> Node:
        left = self.sum()
        operator = self.take("==", "!=", "<", "<=", ">", ">=")
        if operator:
            return Comparison(operator, left, self.sum())
        if self.take("in"):
            return Comparison("in", left, self.list_or_path())
        if self.take("not"):
            self.expect("in")
            return Comparison("not in", left, self.list_or_path())
        return left

    def list_or_path(self) -> Node:
        return self.list() if self.token.text == "[" and self.token.kind == "symbol" else self.path()

    def sum(self) -> Node:
        return self.chain(("+", "-"), self.term)

    def term(self) -> Node:
        return self.chain(("*", "/"), self.unary)

    def chain(self, operators: tuple[str, ...], operand: Callable[[], Node]) -> Node:
        first = operand()
        rest: list[tuple[str, Node]] = []
        while operator := self.take(*operators):
            rest.append((operator, operand()))
        return Chain(first, tuple(rest)) if rest else first

    def unary(self) -> Node:
        if self.take("-"):
            with self.nested():
                return Chain(Literal(Decimal(0)), (("-", self.unary()),))
        return self.primary()

    def primary(self) -> Node:
        token = self.token
        if token.kind == "number":
            self.at += 1
            return Literal(Decimal(token.text))
        if token.kind == "string":
            self.at += 1
            return Literal(token.text[1:-1] or None)
        if token.kind == "word":
            return self.word()
        self.expect("(")
        with self.nested():
            inner = self.expression()
        self.expect(")")
        return inner

    def word(self) -> Node:
        word, after = self.token.text, self.tokens[self.at + 1]
        if word in CONSTANTS:
            self.at += 1
            return Literal(CONSTANTS[word])
        if after.kind == "symbol" and after.text == "(" and (word == "if" or word not in KEYWORDS):
            return self.call()
        return self.path()

    def path(self) -> Node:
        segments = [self.identifier()]
        while self.take("."):
            segments.append(self.identifier())
        return Path(tuple(segments))

    def identifier(self) -> str:
        if self.token.kind != "word" or self.token.text in KEYWORDS:
            raise self.fail()
        self.at += 1
        return self.tokens[self.at - 1].text

    def call(self) -> Node:
        name = self.token.text
        self.at += 1
        arguments = self.sequence("(", ")", self.argument)
        if name == "if":
            return If(*arguments) if len(arguments) == 3 else self.wrong_count(name)
        if name == "coalesce":
            return Coalesce(arguments) if arguments else self.wrong_count(name)
        if name in BUILT_IN:
            _, least, most = BUILT_IN[name]
            if not least <= len(arguments) <= most:
                self.wrong_count(name)
        return Call(name, arguments)

    def wrong_count(self, name: str) -> Node:
        raise ExpressionError(f"函数 {name} 的参数个数不对")

    def argument(self) -> Node:
        return self.list() if self.token.kind == "symbol" and self.token.text == "[" else self.expression()

    def list(self) -> Node:
        return ListNode(self.sequence("[", "]", self.expression))

    def sequence(self, opening: str, closing: str, item: Callable[[], Node]) -> tuple[Node, ...]:
        self.expect(opening)
        items: list[Node] = []
        with self.nested():
            if not self.take(closing):
                items.append(item())
                while self.take(","):
                    items.append(item())
                self.expect(closing)
        return tuple(items)
