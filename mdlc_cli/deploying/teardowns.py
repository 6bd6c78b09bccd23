"""Selects the stacks that a teardown destroys, and describes what they retain."""

from __future__ import annotations

from collections.abc import Sequence

from mdlc_cli.aws import stacks
from mdlc_cli.aws.target import Target
from mdlc_cli.deploying import cdk, retained
from mdlc_cli.deploying.assembly import Assembly
from mdlc_cli.deploying.retained import IDENTIFIERS, ROLE, Retained
from mdlc_cli.errors import CommandError


def chosen(
    target: Target, app: Assembly | None, names: Sequence[str], *, everything: bool
) -> tuple[list[str], list[str]]:
    """The deployed stacks to destroy, and the already deleted stacks whose retained resources to remove.

    Args:
        target: the AWS that holds the stacks.
        app: the synthesized app; all its stacks are chosen when ``names`` is empty.
        names: names of stacks, or their paths in the app.
        everything: whether retained resources are to be removed too.

    Raises:
        CommandError: a name is neither a deployed stack nor, with ``everything``, a deleted one that retained
            resources.
    """
    deployed = sorted(stack.name for stack in stacks.deployed(target))
    of_app = {
        word: stack.name for stack in (app.stacks if app else ()) for word in (stack.name, stack.selector)
    }
    wanted = list(dict.fromkeys(of_app.get(name, name) for name in names)) or sorted({*of_app.values()})
    standing = [name for name in wanted if name in deployed]
    absent = [name for name in wanted if name not in deployed]
    asked = absent if everything or names else []
    left = {stack.stack for stack in retained.left_by(target, asked)} if asked else set()
    for name in absent if names else ():
        if name in left and not everything:
            raise CommandError(
                f"stack {name!r} is destroyed already, and what it retained is still there: remove that with "
                f"`mdlc teardown {name} --everything`, or take it up again with `mdlc deploy`"
            )
        if name not in left:
            others = [each for each in deployed if each != cdk.BOOTSTRAP_STACK]
            choice = f"choose one of {', '.join(others)}" if others else "nothing is deployed"
            raise CommandError(f"stack {name!r} is not deployed, and nothing is left of it: {choice}")
    return standing, [name for name in absent if name in left]


def what_stays(left: Sequence[Retained]) -> list[str]:
    """Lines that list what destroyed stacks retained, and what to do about it."""
    if not left:
        return []
    lines = ["The stacks retain:"]
    lines += [f"  {resource.sentence_part}" for resource in left]
    names = sorted({resource.stack for resource in left})
    if any(resource.kind in IDENTIFIERS for resource in left):
        lines.append("The next `mdlc deploy` takes it up again, with all data, models and records.")
    lines.append(f"Remove it for good with `mdlc teardown {' '.join(names)} --everything`.")
    return lines


def why_it_stays(resource: Retained) -> str:
    """The reason why `--everything` does not remove a resource."""
    if resource.kind in (ROLE, "AWS::ApiGateway::Account"):
        return "by it, every REST API of the account in this region writes its logs"
    return "mdlc does not know how to remove one; do it by hand, or with the AWS CLI"
