"""Payload of the custom resource that ends what executions made when its stack is deleted."""

from dataclasses import dataclass, field

from mdlc_constructs.settings.payloads.codec import KEY


@dataclass(frozen=True, kw_only=True)
class CleanUpResource:
    """Properties of the custom resource.

    Attributes:
        machines: ARNs of the stack's state machines.
        endpoints: names of the endpoints that they made. One that an update drops from the list stays: the
            update may yet be rolled back.
        group: the model package group to empty; empty for none.
        bucket: the bucket to empty, when the stack owns one that goes with it; empty for none.
    """

    model: str = field(metadata={KEY: "Model"})
    machines: tuple[str, ...] = field(default=(), metadata={KEY: "Machines"})
    endpoints: tuple[str, ...] = field(default=(), metadata={KEY: "Endpoints"})
    group: str = field(default="", metadata={KEY: "Group"})
    bucket: str = field(default="", metadata={KEY: "Bucket"})
