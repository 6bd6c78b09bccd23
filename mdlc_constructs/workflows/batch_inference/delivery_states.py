"""Delivery of a published batch to its clients: one function call a file of rows. Pure data.

`PointChampion` is followed by `DeliverPredictions` (with `DeliverFile` inside, once a file), and that by the
record. What is published stays published when delivery fails: `RecordUndelivered`, `PublishUndelivered` and
`Failed` say so, and a repeated start finds all jobs completed and delivers again, without scoring.

A function reads a file of rows from the bucket; the map hands it nothing but the file's number. Rows handed
through Step Functions (a Distributed Map over JSON Lines) would lie in the machine's log, and cost more:
`docs/decisions/0008-deliver-by-files.md` has the computation.
"""

from collections.abc import Mapping
from dataclasses import replace

from mdlc_constructs.asl.failures import Catch, Retry, throttling_retry
from mdlc_constructs.asl.machine import Machine
from mdlc_constructs.asl.sequence import StateSequence
from mdlc_constructs.asl.statements import Statement
from mdlc_constructs.asl.states import Map
from mdlc_constructs.resources.places import BUCKET, KEY_ARN, object_arn
from mdlc_constructs.settings.delivery import Delivery, LookUpTable
from mdlc_constructs.settings.payloads.codec import encode
from mdlc_constructs.settings.payloads.job_plan import DeliverySection
from mdlc_constructs.tasks import lambda_
from mdlc_constructs.tasks.permissions import arn
from mdlc_constructs.workflows.ending import FAILURE, failed

LOOK_UP_TABLE = "${LookUpTable}"
LOOK_UP_TABLE_ARN = "${LookUpTableArn}"
LOOK_UP_KEY_ARN = "${LookUpKeyArn}"

FIRST = "DeliverPredictions"
UNDELIVERED = "Undelivered"
"""The outcome of an execution that published predictions and did not deliver all of them."""

DELIVERED = "{% $delivery.delivered %}"
RECORDED = {"delivery": {"delivered": "{% $plan.recorded.delivered %}"}}
"""What is known of the delivery when the whole run was finished before."""

_DECRYPTS_TABLE = Statement(
    actions=("kms:Decrypt",),
    resources=(LOOK_UP_KEY_ARN,),
    conditions={"StringLike": {"kms:ViaService": "dynamodb.${Region}.amazonaws.com*"}},
)


def to_plan(delivery: Delivery) -> DeliverySection:
    """The settings of the delivery as the plan and the function take them, the table's name included."""
    section = delivery.to_plan()
    return replace(section, table=LOOK_UP_TABLE) if isinstance(delivery, LookUpTable) else section


def deliver(model: str, workflow: str, delivery: Delivery, *, published: Mapping[str, str]) -> StateSequence:
    """The states of the delivery; what follows it when all is delivered is left open.

    Args:
        published: what the record and the event hold of the published batch, also when delivery failed.
    """
    file = lambda_.invoke(
        "DeliverFile",
        function_arn="${DeliverPredictionsFunction}",
        payload={
            "bucket": BUCKET,
            "key": "{% $plan.keys.delivery & $string($states.input) & '.jsonl' %}",
            "model": model,
            "run": "{% $plan.run %}",
            "delivery": encode(to_plan(delivery)),
        },
        # What a call had delivered before it failed is delivered again, which is harmless.
        retry=(*throttling_retry("Lambda"), Retry(errors=(UNDELIVERED,), interval_seconds=5, max_attempts=4)),
    )
    caught = Catch(next="RecordUndelivered", assign={"failure": FAILURE})
    through = Map(
        name=FIRST,
        items="{% [0..$output.metrics.delivery_files - 1] %}",
        processor=Machine((file,)),
        max_concurrency=delivery.parallel,
        assign={"delivery": {"delivered": "{% $string($sum([0, $states.result.delivered])) %}"}},
        output={},
        catch=(caught,),
        comment="One call a file of rows; whatever fails, the batch stays published",
    )
    return StateSequence(
        (
            through,
            *failed(
                model,
                workflow,
                names=("RecordUndelivered", "PublishUndelivered"),
                outcome=UNDELIVERED,
                detail_type="Predictions Undelivered",
                fields=published,
            ),
        ),
        open_ends=frozenset({FIRST}),
    )


def delivery_statements(delivery: Delivery, *, key: bool) -> tuple[Statement, ...]:
    """What the function may do: read the rows, and write them where they go.

    Args:
        key: whether the table is encrypted with a key of a customer.
    """
    reads = (
        Statement(actions=("s3:GetObject",), resources=object_arn("deliveries")),
        Statement(actions=("kms:Decrypt",), resources=(KEY_ARN,)),
    )
    if not isinstance(delivery, LookUpTable):
        put = Statement(actions=("events:PutEvents",), resources=(arn("events", "event-bus/default"),))
        return (*reads, put)
    return (
        *reads,
        Statement(actions=("dynamodb:PutItem",), resources=(LOOK_UP_TABLE_ARN,)),
        # Reading and writing items decrypt the table's own key; only making a table generates one.
        # https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/encryption.howitworks.html
        *((_DECRYPTS_TABLE,) if key else ()),
    )
