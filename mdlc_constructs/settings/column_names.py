"""Checks of the names of columns and of the roles that need one."""

from collections.abc import Iterable
from unicodedata import category

from mdlc_constructs.settings.refusal import refusal

_ROLES = {
    "label": "name the column to predict.",
    "classes": 'give each class as text, such as ("1", "2", "3").',
}


def check_names(argument: str, value: object) -> tuple[str, ...]:
    """The names of an argument that takes several, in the order given.

    Raises:
        ValueError: for what is no sequence of different names. A single string is the most common mistake.
    """
    if isinstance(value, str):
        raise refusal(argument, value, f"give a tuple of names, for example ({value!r},).")
    if value is None:
        raise refusal(argument, value, "leave it out for none, or give a tuple of names.")
    if isinstance(value, set | frozenset):
        # A set of texts has another order in each process, so that every synthesis would change the plan.
        raise refusal(argument, sorted(map(str, value)), "a set has no order; give a tuple of names.")
    if not isinstance(value, Iterable):
        raise refusal(argument, value, 'give a tuple of names, such as ("id",).')
    names = tuple(value)
    if argument == "classes" and not all(isinstance(name, str) for name in names):
        raise refusal(argument, names, f"give each class as text, such as {tuple(map(str, names))}.")
    for name in names:
        check_role(argument, name)
    repeated = sorted({name for name in names if names.count(name) > 1})
    if repeated:
        what = "class" if argument == "classes" else "column"
        raise refusal(argument, repeated[0], f"is named twice; name each {what} once.")
    return names


def check_role(role: str, name: object) -> None:
    """Refuse a value that is not a column's name, for a role that needs one."""
    if not isinstance(name, str) or not name:
        raise refusal(role, name, _ROLES.get(role, "name columns, as the header of the files has them."))
    check_name(name, argument=role)


def check_name(name: object, *, argument: str = "columns") -> None:
    """Refuse a name that is not valid everywhere it is used: in SQL, JSON and CSV.

    Jobs use control characters as separators, so a name cannot contain them.
    """
    if not isinstance(name, str) or not name:
        raise refusal(argument, name, "give each column a name, as the header of the files has it.")
    unprintable = next((sign for sign in name if category(sign) in ("Cc", "Cs")), None)
    if unprintable is not None:
        holder, remedy = (
            ("a class", "replace the value in the files")
            if argument == "classes"
            else ("a column's name", "rename the column in the files")
        )
        raise refusal(
            argument,
            name,
            f"{holder} cannot hold {unprintable!r} (a control character, a line break or half of a "
            f"surrogate pair); {remedy}.",
        )
