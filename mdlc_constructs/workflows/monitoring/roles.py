"""What the monitor job and the functions around it may do: each the narrowest statements. Pure data."""

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
    """Read labels where they lie."""
    return job_roles.dataset(key_arn, bucket=LABELS_BUCKET, prefix=LABELS_PREFIX)


def monitoring(settings: MonitoringSettings) -> tuple[Statement, ...]:
    """What the job reads and writes of the model's bucket."""
    served = "capture" if settings.kind == "endpoint" else "predictions"
    return job_roles.model_bucket(
        reads=("runs", served, "splits", "baselines", "monitoring"), writes=("monitoring",)
    )


def replayed_model() -> tuple[Statement, ...]:
    """What the model's containers read besides, when captured rows are asked again."""
    return job_roles.model_bucket(reads=("monitoring",))


def planning(settings: MonitoringSettings) -> tuple[Statement, ...]:
    """Find windows, their files and the version that served; write plans and manifests."""
    transform = ("TransformJob", "Model") if settings.consistency is not None else ()
    served = (
        job_roles.model_bucket(reads=("capture",))
        if settings.kind == "endpoint"
        else job_roles.model_bucket(reads=("predictions", "runs"))
    )
    return (
        *looking(settings.model, settings.workflow, "ProcessingJob", "ModelPackage", *transform),
        *served,
        # Windows, and what batch inference published.
        Statement(actions=("dynamodb:Query",), resources=(AUDIT_TABLE_ARN,)),
        # The note of a monitor's first window.
        Statement(actions=("dynamodb:PutItem",), resources=(AUDIT_TABLE_ARN,)),
        # Listing knows no resource-level permission.
        Statement(actions=("sagemaker:ListModelPackages",), resources=("*",)),
    )


def recording() -> tuple[Statement, ...]:
    """Read the summary; put metrics, publish the window, keep it."""
    return (
        Statement(actions=("s3:GetObject",), resources=object_arn("monitoring")),
        Statement(actions=("kms:Decrypt",), resources=(KEY_ARN,)),
        may_put_metrics(NAMESPACE),
        Statement(actions=("events:PutEvents",), resources=(arn("events", "event-bus/default"),)),
        Statement(actions=("dynamodb:PutItem",), resources=(AUDIT_TABLE_ARN,)),
        *use_key(KEY_ARN, "dynamodb"),
    )


def replaying(settings: MonitoringSettings) -> tuple[Statement, ...]:
    """Ask the endpoint, read what the package answered, write the comparison."""
    assert settings.consistency is not None
    golden = ("golden",) if settings.consistency.golden and settings.endpoint else ()
    asks = Statement(actions=("sagemaker:InvokeEndpoint",), resources=(endpoint_arn(settings.endpoint),))
    return (
        *job_roles.model_bucket(reads=("monitoring", "scores", *golden), writes=("monitoring",)),
        *((asks,) if settings.endpoint else ()),
    )
