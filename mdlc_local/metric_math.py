"""CloudWatch's metric math for alarms: arithmetic, comparisons, IF, FILL, ABS, aggregates of lists."""

import ast
import operator
from collections.abc import Callable, Sequence
from typing import Any

Series = list[float | None]
"""One value per period, newest first; None for a period without a value."""

_OPERATORS: dict[type[Any], Callable[[float, float], float]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.Pow: operator.pow,
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
}
_AGGREGATES: dict[str, Callable[[list[float]], float]] = {
    "SUM": sum,
    "AVG": lambda numbers: sum(numbers) / len(numbers),
    "MIN": min,
    "MAX": max,
}


def evaluate(
    expressions: Sequence[tuple[str, str]], known: dict[str, Series], periods: int
) -> dict[str, Series]:
    """The series of all metrics and expressions, by id.

    Args:
        expressions: ids and expressions, in any order.
        known: the series of the metrics, by id.
        periods: the number of values in a series.

    Raises:
        ValueError: for an expression that is invalid, is not supported here, or uses an unknown id.
    """
    known_series = dict(known)
    trees = {name: _parsed(expression) for name, expression in expressions}

    def value(node: ast.expr, path: tuple[str, ...]) -> Series:
        if isinstance(node, ast.Constant) and isinstance(node.value, int | float):
            return [float(node.value)] * periods
        if isinstance(node, ast.Name):
            return named(node.id, path)
        if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
            return [None if point is None else -point for point in value(node.operand, path)]
        if isinstance(node, ast.BinOp) and type(node.op) in _OPERATORS:
            return _paired(_OPERATORS[type(node.op)], value(node.left, path), value(node.right, path))
        if isinstance(node, ast.Compare) and len(node.ops) == 1 and type(node.ops[0]) in _OPERATORS:
            return _paired(
                _OPERATORS[type(node.ops[0])], value(node.left, path), value(node.comparators[0], path)
            )
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            return called(node.func.id.upper(), node.args, path)
        raise ValueError(f"metric math: {ast.unparse(node)!r} is not evaluated in the embedded AWS")

    def named(name: str, path: tuple[str, ...]) -> Series:
        if name in known_series:
            return known_series[name]
        if name not in trees or name in path:
            raise ValueError(f"metric math: {name!r} names no metric or expression of the alarm")
        known_series[name] = value(trees[name], (*path, name))
        return known_series[name]

    def called(function: str, arguments: list[ast.expr], path: tuple[str, ...]) -> Series:
        if function in _AGGREGATES and len(arguments) == 1:
            if not isinstance(arguments[0], ast.List):
                raise ValueError(
                    f"metric math: {function} of one series is a scalar; give a list: {function}([m1, m2])"
                )
            series = [value(item, path) for item in arguments[0].elts]
            return [
                _AGGREGATES[function]([point for point in row if point is not None])
                if any(point is not None for point in row)
                else None
                for row in zip(*series, strict=True)
            ]
        if function == "ABS" and len(arguments) == 1:
            return [None if point is None else abs(point) for point in value(arguments[0], path)]
        if function == "FILL" and len(arguments) == 2:
            return [
                point if point is not None else fill
                for point, fill in zip(value(arguments[0], path), value(arguments[1], path), strict=True)
            ]
        if function == "IF" and len(arguments) == 3:
            truth, yes, no = (value(argument, path) for argument in arguments)
            return [
                None if point is None else (first if point else second)
                for point, first, second in zip(truth, yes, no, strict=True)
            ]
        raise ValueError(f"metric math: {function} is not evaluated in the embedded AWS")

    for name in trees:
        named(name, ())
    return known_series


def _parsed(expression: str) -> ast.expr:
    try:
        return ast.parse(expression.replace("^", "**").strip(), mode="eval").body
    except SyntaxError as error:
        raise ValueError(f"metric math: {expression!r} is no expression") from error


def _paired(operation: Callable[[float, float], float], left: Series, right: Series) -> Series:
    def paired(first: float | None, second: float | None) -> float | None:
        if first is None or second is None:
            return None
        try:
            return float(operation(first, second))
        except (ZeroDivisionError, OverflowError):
            return None  # CloudWatch drops such a data point

    return [paired(first, second) for first, second in zip(left, right, strict=True)]
