"""What was meant by a command or an option that does not exist: by its meaning first, then by its spelling.

Pure functions, and the sentence for an error of the command line's parser.
"""

from __future__ import annotations

import re
from ast import literal_eval
from collections.abc import Collection, Iterator, Mapping
from typing import Any

from mdlc_constructs.suggestions import nearest

COMMAND = "mdlc"

MEANINGS: Mapping[str, tuple[str, ...]] = {
    **dict.fromkeys(("open", "describe", "report", "view", "inspect", "explain", "get"), ("show",)),
    **dict.fromkeys(("predictions", "picture", "page", "card"), ("show",)),
    **dict.fromkeys(("upload", "push", "copy", "cp", "send", "add"), ("put",)),
    **dict.fromkeys(("predict", "invoke", "query", "call", "request", "answer", "decide"), ("ask",)),
    **dict.fromkeys(("list", "ls"), ("models", "executions", "show")),
    **dict.fromkeys(("versions", "registry", "packages", "champion", "pending"), ("models",)),
    **dict.fromkeys(("status", "state", "health"), ("models", "local status")),
    **dict.fromkeys(("runs", "jobs", "ps"), ("executions",)),
    **dict.fromkeys(("train", "training", "execute", "trigger", "score"), ("run",)),
    **dict.fromkeys(("monitor", "monitoring", "retrain", "retraining", "batch-inference"), ("run",)),
    **dict.fromkeys(("follow", "attach", "wait", "resume"), ("watch",)),
    **dict.fromkeys(("destroy", "delete", "remove", "rm", "undeploy"), ("teardown",)),
    **dict.fromkeys(("new", "create", "template", "scaffold", "copier"), ("init",)),
    **dict.fromkeys(("check", "diagnose", "verify", "validate"), ("check", "doctor")),
    **dict.fromkeys(("accept", "confirm"), ("approve",)),
    **dict.fromkeys(("deny", "refuse", "decline"), ("reject",)),
    **dict.fromkeys(("history", "lineage", "trail"), ("audit",)),
    **dict.fromkeys(("undo", "revert", "back"), ("rollback",)),
    **dict.fromkeys(("swagger", "schema", "api", "spec"), ("openapi",)),
    **dict.fromkeys(("versus", "vs"), ("compare",)),
    **dict.fromkeys(("difference", "differences", "changes", "plan"), ("diff",)),
    **dict.fromkeys(("synth", "apply", "bootstrap", "import"), ("deploy",)),
    **dict.fromkeys(("promote", "publish", "serve", "endpoint"), ("release",)),
    **dict.fromkeys(("log", "output", "tail"), ("logs",)),
    **dict.fromkeys(("up", "localstack", "emulator"), ("local up",)),
    **dict.fromkeys(("down", "stop", "end", "quit"), ("local down", "down")),
    "start": ("run", "up"),
    "env": ("local env",),
    "install": ("tools",),
    "version": ("--version",),
    "help": ("--help",),
}
"""By a word that other tools use: the commands that mean it, the likeliest first."""

OPTION_MEANINGS: tuple[tuple[str, ...], ...] = (
    ("json", "output", "format", "raw"),
    ("yes", "force", "no_confirm", "no_input", "assume_yes", "require_approval"),
    ("aws", "real", "remote", "cloud", "prod"),
    ("local", "embedded", "offline"),
    ("stack", "app"),
    ("model", "group", "endpoint"),
    ("input", "payload", "body", "data"),
    ("save", "out", "output", "download", "to"),
    ("limit", "max", "count", "number", "max_items", "lines"),
    ("tail", "last", "lines"),
    ("reason", "comment", "message", "because"),
    ("everything", "all", "purge"),
    ("label", "target", "predict"),
    ("data", "csv", "file"),
    ("no_wait", "background", "detach", "async"),
)
"""Options that mean the same; of a command's own the first is suggested."""

CUTOFF = 0.6

_NO_COMMAND = re.compile(r"No such command ('.*'|\".*\")\.", re.DOTALL)
"""Typer's message, which has the word as Python writes it."""


def command_meant(word: str, group: Any) -> tuple[str, ...]:
    """The commands of a group that a word means, such as ``("local up",)``; empty for none."""
    paths = set(_paths(group)) | {"--version", "--help"}
    meant = tuple(path for path in MEANINGS.get(word.lower(), ()) if path in paths)
    if word.lower() in MEANINGS:
        return meant[:2]
    spelt = nearest(word, sorted(paths), cutoff=CUTOFF)
    if spelt is not None:
        return (spelt,)
    like = nearest(word, MEANINGS, cutoff=0.7)
    return command_meant(like, group) if like is not None else ()


def option_meant(word: str, options: Collection[str]) -> str | None:
    """The option that a word such as ``--output`` means, of those of a command; None for none."""
    names = {option.lstrip("-"): option for option in options if option.startswith("--")}
    meant = nearest(word.lstrip("-"), names, OPTION_MEANINGS, cutoff=CUTOFF)
    return None if meant is None else names[meant]


def sentence(error: Any) -> str:
    """The sentence for an error of the parser: what is wrong, and what was meant or where to look.

    Args:
        error: Typer's exception; its context, where it has one, tells the command.
    """
    context = getattr(error, "ctx", None)
    path = context.command_path if context is not None else COMMAND
    see = f"see `{path} --help`"
    option = getattr(error, "option_name", None)
    if option is not None and context is not None and hasattr(error, "possibilities"):
        meant = option_meant(option, _options(context.command))
        return f"{path} has no option {option}: {f'did you mean {meant}?' if meant else see}"
    word = _unknown_command(error, context)
    if word is not None and context is not None:
        commands = " or ".join(f"`{path} {name}`" for name in command_meant(word, context.command))
        return f"{path} has no command {word!r}: {f'did you mean {commands}?' if commands else see}"
    text = str(error.format_message()).rstrip(".")
    return f"{text[:1].lower()}{text[1:]}: {see}"


def _unknown_command(error: Any, context: Any) -> str | None:
    """The word for which a group has no command; None for another error."""
    match = _NO_COMMAND.fullmatch(str(error.message))
    is_group = hasattr(getattr(context, "command", None), "commands")
    return str(literal_eval(match[1])) if match and is_group else None


def _paths(group: Any) -> Iterator[str]:
    for name, command in group.commands.items():
        yield name
        for below in getattr(command, "commands", {}):
            yield f"{name} {below}"


def _options(command: Any) -> list[str]:
    return [option for each in command.params for option in (*each.opts, *each.secondary_opts)]
