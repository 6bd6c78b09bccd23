"""What a delivery pipeline refuses before it makes anything."""

from aws_cdk import Stack, Token

from mdlc_constructs.settings.container_images import ContainerImage
from mdlc_constructs.settings.environments import Environment
from mdlc_constructs.settings.refusal import refusal


def check(stack: Stack, environments: tuple[Environment, ...]) -> None:
    """Refuse a stack without account and region, and environments that a pipeline cannot deliver to.

    Raises:
        ValueError: naming the argument, its value and the remedy.
    """
    if Token.is_unresolved(stack.account) or Token.is_unresolved(stack.region):
        raise ValueError(
            f"the stack {stack.node.path!r} has no account and region: give it env=Environment(account=..., "
            "region=...), because other accounts trust the pipeline by them."
        )
    if not isinstance(environments, tuple) or not environments:
        raise refusal("environments", environments, "give a tuple of at least one Environment(...).")
    names: set[str] = set()
    stacks: set[tuple[str, str, str]] = set()
    for each in environments:
        if not isinstance(each, Environment):
            raise refusal("environments", each, "give Environment(name=..., account=..., ...).")
        if each.name in names:
            raise refusal("environments", each.name, "two environments have that name; give each its own.")
        names.add(each.name)
        if each.region != stack.region:
            raise refusal(
                "environments",
                each.region,
                f"{each.name} is in another region than the pipeline's, {stack.region}: deploy a pipeline in "
                "each region.",
            )
        for name in each.stacks:
            where = (each.account, each.region, name)
            if where in stacks:
                raise refusal("environments", name, "two environments deploy that stack of one account.")
            stacks.add(where)
            if name == stack.stack_name:
                raise refusal("environments", name, "that is the pipeline's own stack, which updates itself.")


def check_images(images: tuple[ContainerImage, ...], pipeline: str) -> None:
    """Refuse images of one directory, or of directories that would share a repository.

    Raises:
        ValueError: naming the argument, its value and the remedy.
    """
    if not isinstance(images, tuple):
        raise refusal("images", images, "give a tuple of ContainerImage(directory=...).")
    taken: set[str] = set()
    for each in images:
        if not isinstance(each, ContainerImage):
            raise refusal("images", each, "give ContainerImage(directory=...).")
        if each.repository(pipeline) in taken:
            raise refusal("images", each.directory, "two images would share a repository; rename one.")
        taken.add(each.repository(pipeline))
