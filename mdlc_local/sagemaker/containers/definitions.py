"""The containers of a model, in the order in which a request passes through them."""

from dataclasses import dataclass
from typing import Any

from mdlc_local.sagemaker import records
from mdlc_local.sagemaker.faults import JobFailedError
from mdlc_local.sagemaker.records import MODEL_PACKAGE, Record
from mdlc_local.scopes import Scope

PRIMARY = "primary"
"""The name of a model's only container."""


@dataclass(frozen=True, kw_only=True)
class Container:
    """One container of a model.

    Attributes:
        name: its name in messages and log streams: its ContainerHostname, else ``container-1`` and so on;
            `PRIMARY` when it is the only one.
        definition: the API's ContainerDefinition, with a model package's container filled in.
    """

    name: str
    definition: dict[str, Any]

    @property
    def image(self) -> str:
        """The image's URI."""
        return str(self.definition["Image"])


def containers_of(model: Record, scope: Scope) -> list[Container]:
    """The model's containers; a ModelPackageName is replaced by the package's container.

    Raises:
        JobFailedError: when the package does not exist or has no container.
    """
    definitions = [model["PrimaryContainer"]] if "PrimaryContainer" in model else model["Containers"]
    if len(definitions) == 1:
        return [Container(name=PRIMARY, definition=_resolved(definitions[0], scope))]
    return [
        Container(
            name=definition.get("ContainerHostname", f"container-{number}"),
            definition=_resolved(definition, scope),
        )
        for number, definition in enumerate(definitions, start=1)
    ]


def _resolved(definition: dict[str, Any], scope: Scope) -> dict[str, Any]:
    if "ModelPackageName" not in definition:
        return dict(definition)
    package = records.find(MODEL_PACKAGE, definition["ModelPackageName"], scope)
    if package is None or "InferenceSpecification" not in package:
        raise JobFailedError(f"ClientError: model package {definition['ModelPackageName']} has no container")
    return {**package["InferenceSpecification"]["Containers"][0], **definition}
