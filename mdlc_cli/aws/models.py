"""Chooses among the models of deployed stacks."""

from __future__ import annotations

import difflib

from mdlc_cli.aws import stacks
from mdlc_cli.aws.target import Target
from mdlc_cli.errors import CommandError
from mdlc_client import models
from mdlc_client.models import Model as Model


def deployed(target: Target, *, stack: str | None = None, model: str | None = None) -> list[Model]:
    """The models of all deployed stacks, or those that ``stack`` and ``model`` select, by name.

    Raises:
        CommandError: there is no such stack.
    """
    return models.of_stacks(target, stacks.deployed(target, stack), model)


def choose(target: Target, *, stack: str | None = None, model: str | None = None) -> Model:
    """The one model that ``stack`` and ``model`` select.

    Raises:
        CommandError: none or several match.
    """
    fitting = deployed(target, stack=stack, model=model)
    if len(fitting) == 1:
        return fitting[0]
    if fitting:
        names = sorted({each.name for each in fitting})
        if len(names) > 1:
            raise CommandError(f"several models are deployed ({', '.join(names)}): name one with --model")
        where = ", ".join(each.stack for each in fitting)
        raise CommandError(f"model {names[0]} is in several stacks ({where}): name one with --stack")
    names = sorted({each.name for each in deployed(target, stack=stack)}) if model is not None else []
    if not names:
        where = f"stack {stack!r} has no model" if stack else "no model is deployed"
        raise CommandError(f"{where}: deploy a model home with `mdlc deploy`")
    near = difflib.get_close_matches(str(model), names, n=1)
    remedy = f"did you mean {near[0]}?" if near else f"choose one of {', '.join(names)}"
    raise CommandError(f"no model is called {model!r}: {remedy}")
