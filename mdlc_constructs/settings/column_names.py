"""Checks of the names of columns and of the roles that need one."""

from unicodedata import category

from mdlc_constructs.settings.refusal import refusal

_ROLES = {
    "label": "name the column to predict.",
    "classes": 'give each class as text, such as ("1", "2", "3").',
}


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
        raise refusal(
            argument,
            name,
            f"a column's name cannot hold {unprintable!r} (a control character, a line break or half of a "
            "surrogate pair); rename the column in the files.",
        )
