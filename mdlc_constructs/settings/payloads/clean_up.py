"""Payload of the custom resource that deletes, with its stack, the resources that executions created."""

from dataclasses import dataclass, field

from mdlc_constructs.settings.payloads.codec import KEY


@dataclass(frozen=True, kw_only=True)
class CleanUpResource:
    """Properties of the custom resource.

    Attributes:
        machines: ARNs of the stack's state machines.
        endpoints: names of the endpoints that the machines create. An endpoint that a stack update removes
            from this list is kept, because the update may be rolled back.
        group: the model package group to empty; empty for none.
        bucket: the stack's bucket to empty, if it is deleted with the stack; empty for none.
    """

    model: str = field(metadata={KEY: "Model"})
    machines: tuple[str, ...] = field(default=(), metadata={KEY: "Machines"})
    endpoints: tuple[str, ...] = field(default=(), metadata={KEY: "Endpoints"})
    group: str = field(default="", metadata={KEY: "Group"})
    bucket: str = field(default="", metadata={KEY: "Bucket"})
