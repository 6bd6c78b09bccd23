"""IAM statements of the monitor job and of the functions around it, with least privilege. Pure data."""

from mdlc_constructs.asl.statements import Statement
from mdlc_constructs.resources.places import AUDIT_TABLE_ARN, KEY_ARN, object_arn
from mdlc_constructs.settings.monitor_metrics import NAMESPACE
from mdlc_constructs.tasks.metrics import may_put_metrics
from mdlc_constructs.tasks.permissions import arn, endpoint_arn, use_key
from mdlc_constructs.workflows import job_roles
from mdlc_constructs.workflows.monitoring.settings import MonitoringSettings
from mdlc_constructs.workflows.planner_role import looking

LABELS_BUCKET, LABELS_PREFIX = "${LabelsBucket}", "${LabelsPrefix}"


def labels(key_arn: str | None) -> tuple[Statement, ...]:
    """Permission to read labels."""
    return job_roles.dataset(key_arn, bucket=LABELS_BUCKET, prefix=LABELS_PREFIX)


def monitoring(settings: MonitoringSettings) -> tuple[Statement, ...]:
    """Permission of the job to read and write the model's bucket."""
    served = "capture" if settings.kind == "endpoint" else "predictions"
    return job_roles.model_bucket(
        reads=("runs", served, "splits", "baselines", "monitoring"), writes=("monitoring",)
    )


def replayed_model() -> tuple[Statement, ...]:
    """Additional permission of the model's containers, to read captured rows that are replayed."""
    return job_roles.model_bucket(reads=("monitoring",))


def planning(settings: MonitoringSettings) -> tuple[Statement, ...]:
    """Permission to find windows, their files and the served version, and to write plans and manifests."""
    transform = ("TransformJob", "Model") if settings.consistency is not None else ()
    served = (
        job_roles.model_bucket(reads=("capture",))
        if settings.kind == "endpoint"
        else job_roles.model_bucket(reads=("predictions", "runs"))
    )
    return (
        *looking(settings.model, settings.workflow, "ProcessingJob", "ModelPackage", *transform),
        *served,
        # Windows and published batches.
        Statement(actions=("dynamodb:Query",), resources=(AUDIT_TABLE_ARN,)),
        # The item of a monitor's first window.
        Statement(actions=("dynamodb:PutItem",), resources=(AUDIT_TABLE_ARN,)),
        # SageMaker's List calls have no resource-level permissions.
        Statement(actions=("sagemaker:ListModelPackages",), resources=("*",)),
    )


def recording() -> tuple[Statement, ...]:
    """Permission to read a window's summary, put metrics, publish the event and write the item."""
    return (
        Statement(actions=("s3:GetObject",), resources=object_arn("monitoring")),
        Statement(actions=("kms:Decrypt",), resources=(KEY_ARN,)),
        may_put_metrics(NAMESPACE),
        Statement(actions=("events:PutEvents",), resources=(arn("events", "event-bus/default"),)),
        Statement(actions=("dynamodb:PutItem",), resources=(AUDIT_TABLE_ARN,)),
        *use_key(KEY_ARN, "dynamodb"),
    )


def replaying(settings: MonitoringSettings) -> tuple[Statement, ...]:
    """Permission to invoke the endpoint, read the package's answers and write the comparison."""
    assert settings.consistency is not None
    golden = ("golden",) if settings.consistency.golden and settings.endpoint else ()
    asks = Statement(actions=("sagemaker:InvokeEndpoint",), resources=(endpoint_arn(settings.endpoint),))
    return (
        *job_roles.model_bucket(reads=("monitoring", "scores", *golden), writes=("monitoring",)),
        *((asks,) if settings.endpoint else ()),
    )
