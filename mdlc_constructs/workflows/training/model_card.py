"""The states that give a package its model card, which the evaluation wrote.

The card is too long for a job's exit message (1,024 characters), so the machine reads it from the bucket. A
card that is missing, too long, or refused by the registry never loses a trained model: the package is then
registered without one, and its metadata says why.
"""

import json
from collections.abc import Mapping
from dataclasses import replace

from mdlc_constructs.asl.failures import Catch, Retry
from mdlc_constructs.asl.sequence import StateSequence
from mdlc_constructs.asl.states import State, Task
from mdlc_constructs.resources.places import BUCKET, KEY_ARN
from mdlc_constructs.tasks.s3 import get_object
from mdlc_constructs.workflows.parts import Parts
from mdlc_constructs.workflows.planning import REFUSED

CARD = "model_card.json"
MAX_CHARACTERS = 100_000
"""SageMaker's limit for the content of a model card."""

WITHOUT = "RegisterWithoutCard"
CARD_URI = f"{{% $plan.uris.evaluation & '{CARD}' %}}"
MODEL_CARD: Mapping[str, object] = {
    "ModelCardContent": "{% $model_card %}",
    "ModelCardStatus": "PendingReview",
}
"""The `ModelCard` of a package's registration; whoever approves the package changes its status."""

CARD_REFUSED = Catch(
    errors=(*REFUSED, "SageMaker.SageMakerException"),
    next=WITHOUT,
    assign={"no_card": "none: the registry refused the card of the evaluation"},
)
"""Catches a refused registration. If not the card was the reason, registering without it fails as well."""


def wants_card(register: State) -> bool:
    """Whether the step's task reads the card; a task of the team's own may register without one."""
    return "$model_card" in json.dumps(register.to_asl(), default=str)


def leads(parts: Parts, register: Task) -> dict[str, StateSequence]:
    """The states before the registration: reading the card, and the registration without one.

    Args:
        register: the default task that registers with the card.
    """
    following = next(
        (
            parts.seams[seam].first.name
            for seam in ("after_register", "before_decide")
            if parts.seams.get(seam)
        ),
        parts.tasks["decide"].name,
    )
    reading = StateSequence.of(read_card())
    without = replace(without_card(register), next=following)
    return {"register": StateSequence((*reading.states, without), open_ends=reading.open_ends)}


def read_card() -> Task:
    """Read the card into `$model_card`, on one line, as SageMaker requires; it has to be JSON."""
    # A card that is longer than the limit is cut, and then it is no JSON.
    return get_object(
        "ReadModelCard",
        bucket=BUCKET,
        key=f"{{% $substringAfter($plan.uris.evaluation, '{BUCKET}/') & '{CARD}' %}}",
        key_pattern="evaluations/*",
        byte_range=f"bytes=0-{MAX_CHARACTERS - 1}",
        kms_key_arn=KEY_ARN,
        assign={
            "model_card": "{% ($parse($states.result.Body); "
            "$replace($states.result.Body, /[\\r\\n]+/, ' ')) %}"
        },
        output={},
        # An object that does not exist is answered by S3.S3Exception too, to who may not list it: retry, but
        # only a few times.
        retry=(Retry(errors=("S3.S3Exception", "S3.SdkClientException", "S3.SlowDown"), max_attempts=2),),
        catch=(
            Catch(next=WITHOUT, assign={"no_card": "none: the evaluation left no card that can be read"}),
        ),
        comment="What is known of the model, for the registry",
    )


def without_card(register: Task) -> Task:
    """The registration without a card; the package's metadata says why."""
    arguments = dict(register.arguments) if isinstance(register.arguments, Mapping) else {}
    arguments.pop("ModelCard", None)
    metadata = arguments.get("CustomerMetadataProperties")
    known = dict(metadata) if isinstance(metadata, Mapping) else {}
    return replace(
        register,
        name=WITHOUT,
        arguments={**arguments, "CustomerMetadataProperties": {**known, "model_card": "{% $no_card %}"}},
        catch=tuple(catch for catch in register.catch if catch.next != WITHOUT),
    )
