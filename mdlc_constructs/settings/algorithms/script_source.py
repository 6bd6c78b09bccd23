"""What a Python script defines, read without running it."""

import ast
from dataclasses import dataclass
from pathlib import Path

from mdlc_constructs.settings.refusal import refusal


@dataclass(frozen=True, kw_only=True)
class ScriptSource:
    """A script's definitions.

    Attributes:
        names: everything that is defined or imported at its top level.
        guarded: whether it has a block that runs only when it is the program, ``if __name__ == "__main__"``.
    """

    names: frozenset[str]
    guarded: bool


def read_script(argument: str, path: Path) -> ScriptSource:
    """The definitions of a script.

    Raises:
        ValueError: when Python cannot parse it; names the line.
    """
    try:
        tree = ast.parse(path.read_bytes(), filename=path.name)
    except SyntaxError as error:
        place = f"line {error.lineno}" if error.lineno else "it"
        raise refusal(argument, path.name, f"{place} is no Python ({error.msg}); mend it there.") from None
    except ValueError as error:
        raise refusal(argument, path.name, f"is no Python ({error}); save it as text.") from None
    names: set[str] = set()
    guarded = False
    for statement in tree.body:
        match statement:
            case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef():
                names.add(statement.name)
            case ast.Import() | ast.ImportFrom():
                names.update((alias.asname or alias.name).split(".")[0] for alias in statement.names)
            case ast.Assign():
                names.update(part.id for part in statement.targets if isinstance(part, ast.Name))
            case ast.If():
                guarded = guarded or "__name__" in ast.unparse(statement.test)
    return ScriptSource(names=frozenset(names), guarded=guarded)
