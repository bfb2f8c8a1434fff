"""Expressions: the closed grammar in which forms, processes and material lists state conditions and sums.

Definitions are data written by people who do not program, so an expression can only look at declared
facts and calculate; it cannot reach Python objects, loop, or run for long. A TypeScript twin evaluates
the same text in the browser; ``web/src/shared/expressions/cases.json`` holds vectors both must satisfy.

Grammar (EBNF; blanks separate tokens, keywords are lower case, identifiers are ASCII)::

    expression = conjunction { "or" conjunction }
    conjunction = negation { "and" negation }
    negation   = "not" negation | comparison
    comparison = sum [ ( "==" | "!=" | "<" | "<=" | ">" | ">=" ) sum
                     | [ "not" ] "in" ( list | path ) ]
    sum        = term { ( "+" | "-" ) term }
    term       = unary { ( "*" | "/" ) unary }
    unary      = "-" unary | primary
    primary    = number | string | "true" | "false" | "null" | call | path | "(" expression ")"
    call       = ( identifier | "if" ) "(" [ argument { "," argument } ] ")"
    argument   = list | expression
    list       = "[" [ expression { "," expression } ] "]"
    path       = identifier { "." identifier }
    identifier = letter-or-underscore { letter | digit | underscore }
    number     = 1-30 digits [ "." 1-20 digits ]
    string     = "'" characters-but-quote "'" | '"' characters-but-double-quote '"'

Precedence from loose to tight: or, and, not, comparison (never chained), + -, * /, unary minus.
Limits: 2000 characters, 500 tokens, 32 levels of nesting (parentheses, calls, lists, ``not``, unary minus).
There are no escapes in strings and no line breaks.

Values
    null, boolean, number, text, list, row (a line of a sub-table). The empty text '' *is* null, in
    literals and in facts alike. Dates are ISO texts ('2026-11-22') and compare as texts.
    Numbers are decimals: 34 significant digits, rounded half up; a magnitude of 1e30 or more is an error.
    JSON numbers in facts are read by their shortest decimal form. true and false are never numbers.
    A *numeric text* is a text matching ``-?[0-9]{1,30}(\\.[0-9]{1,20})?``.

Paths
    The first identifier is looked up in the facts; each further one in the value found. In a list it is
    looked up in every row and gives the list of answers (``land_use.far_area``: one column of a
    sub-table; elements that are not rows give null). Whatever is missing is null.
    Inside a sub-table ``row.x`` is the cell of the present line.

Operators
    + - * / and unary minus  numbers or numeric texts; null if an operand is null; anything else is an
        error, also division by zero.
    == !=   null equals only null. If one side is a number, the other must be a number or a numeric text
        to be equal and they compare as numbers. Two texts compare exactly ('001' is not '1'). Booleans
        equal only booleans. Lists and rows: error.
    < <= > >=   null if a side is null. Two numbers or numeric texts compare as numbers, two other texts
        by Unicode code point; any other pair is an error.
    in      true if the left side equals (==) an element; null if the left side or the list on the right is
        null; the right side must be a list.
    not in  the opposite; null stays null.
    and or not   three-valued (Kleene) over booleans and null, left to right: false and X = false without
        looking at X, true or X = true without looking at X, not null = null. Other operands: error.

A condition *holds* only when it is true. A check is *broken* only when it is false (null: nothing to
check yet).

Built-in functions
    if(c, a, b)           a when c is true, else b; only the chosen branch is evaluated
    coalesce(a, ...)      the first argument that is not null; the rest is not evaluated
    empty(x)              true for null and for an empty list
    sum(list)             total of the numbers; nulls are skipped; null or an empty list gives 0
    count(list)           number of elements that are not null; count(table) counts rows; null gives 0
    min(x, ...) max(x, ...)   over arguments or the elements of lists; numbers only; nulls are skipped;
                          null when nothing is left
    sum_if(list, keys, wanted)  total of the elements whose key at the same place is in ``wanted``
                          (a list or a single value)
    count_if(keys, wanted)      how many keys are in ``wanted``
    unique(list)          true when no two non-null elements are equal
    abs(x)                null stays null
    round(x, n)           half up (away from zero) to n = 0..10 places; null stays null
    length(x)             characters (code points) of a text or elements of a list; null gives 0
    days(a, b)            whole days from ISO date a to b (negative if b is earlier); null if one is null

Further pure functions may be handed to :meth:`Expression.evaluate`; a registered name never replaces a
built-in one.
"""

from minfang.kernel.expressions.parser import Expression, parse
from minfang.kernel.expressions.values import ExpressionError, as_number, as_value

__all__ = ["Expression", "ExpressionError", "as_number", "as_value", "parse"]
