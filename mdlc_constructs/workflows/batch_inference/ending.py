"""The end of every batch inference: publication, champion, delivery, record and event."""

from mdlc_constructs.asl.failures import Catch
from mdlc_constructs.asl.sequence import StateSequence
from mdlc_constructs.asl.states import State, Task
from mdlc_constructs.resources.places import BUCKET, KEY_ARN
from mdlc_constructs.settings.delivery import Delivery
from mdlc_constructs.tasks import s3
from mdlc_constructs.workflows.batch_inference import delivery_states
from mdlc_constructs.workflows.champion import REFUSED, point_champion
from mdlc_constructs.workflows.ending import TO_FAILURE, success

WORKFLOW = "batch-inference"


def publish() -> Task:
    """`PublishManifest`: copy the staged manifest to the key that readers start from."""
    return s3.copy_object(
        "PublishManifest",
        source_bucket=BUCKET,
        source_key="{% $plan.keys.staged %}",
        source_key_pattern="staged/*",
        bucket=BUCKET,
        key="{% $plan.keys.manifest %}",
        key_pattern="predictions/*/manifest.json",
        kms_key_arn=KEY_ARN,
        assign={"result": {"outcome": "Succeeded", "rows": "{% $string($output.rows) %}"}},
        output={},
        catch=(TO_FAILURE,),
    )


def move_champion(model: str, *, then: str) -> Task:
    """Make the package the champion, unless the champion is a newer version.

    Args:
        then: the state that follows when the champion stays.
    """
    return point_champion(
        model,
        condition="attribute_not_exists(#version) OR #version < :version",
        # Scoring with an older version by name, or with the champion again, leaves the champion as it is.
        refused=Catch(errors=REFUSED, next=then, output={}),
    )


def batch_ending(model: str, *, moves_champion: bool, delivery: Delivery | None = None) -> StateSequence:
    """The states after the publication: the champion, the delivery, the record and the event."""
    then = "RecordAudit" if delivery is None else delivery_states.FIRST
    kept = {
        "package_arn": "{% $plan.package.arn %}",
        "manifest": "{% $plan.uris.manifest %}",
        "rows": "{% $result.rows %}",
    }
    parts: list[State | StateSequence] = [move_champion(model, then=then)] if moves_champion else []
    if delivery is not None:
        parts.append(delivery_states.deliver(model, WORKFLOW, delivery, published=kept))
        kept = {**kept, "delivered": delivery_states.DELIVERED}
    recorded = success(
        model,
        WORKFLOW,
        fields=kept,
        run_fields=kept,
        detail_type="Predictions Published",
        detail={"outcome": "{% $result.outcome %}", "run": "{% $plan.run %}", **kept},
    )
    return StateSequence.of(*parts, recorded)
