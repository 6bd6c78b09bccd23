"""Delivery of a published batch to its clients: one function call per file of rows. Pure data.

`DeliverPredictions` (with `DeliverFile` inside, once a file) follows `PointChampion` and precedes the record.
When delivery fails, the batch stays published: `RecordUndelivered` and `PublishUndelivered` report it, and
the execution ends in `Failed`. The next start reuses all completed jobs and delivers again, without scoring.

The function reads a file of rows from the bucket; the map passes only the file's number. Rows passed through
Step Functions (a Distributed Map over JSON Lines) would be written to the machine's log and cost more:
`docs/decisions/0008-deliver-by-files.md` has the calculation.
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
"""The outcome of an execution that published predictions but did not deliver all of them."""

DELIVERED = "{% $delivery.delivered %}"
RECORDED = {"delivery": {"delivered": "{% $plan.recorded.delivered %}"}}
"""The delivery's variables when an earlier execution completed the whole run."""

_DECRYPTS_TABLE = Statement(
    actions=("kms:Decrypt",),
    resources=(LOOK_UP_KEY_ARN,),
    conditions={"StringLike": {"kms:ViaService": "dynamodb.${Region}.amazonaws.com*"}},
)


def to_plan(delivery: Delivery) -> DeliverySection:
    """The delivery's section of the plan and the function's payload, with the table's name."""
    section = delivery.to_plan()
    return replace(section, table=LOOK_UP_TABLE) if isinstance(delivery, LookUpTable) else section


def deliver(model: str, workflow: str, delivery: Delivery, *, published: Mapping[str, str]) -> StateSequence:
    """The states of the delivery; its open end is the end of a complete delivery.

    Args:
        model: the model's name.
        workflow: the workflow's name.
        delivery: the settings of the delivery.
        published: fields of the published batch in the audit item and the event of a failed delivery.
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
        # A retry delivers rows again that the failed call had delivered, which is harmless.
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
    """IAM statements of the function: read the rows, and write them to the table or as events.

    Args:
        delivery: the settings of the delivery.
        key: whether the table is encrypted with a customer-managed key.
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
        # Reading and writing items only decrypts the table's data key; it is generated with the table.
        # https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/encryption.howitworks.html
        *((_DECRYPTS_TABLE,) if key else ()),
    )
