"""The endpoint's configuration, created under a name of this release."""

from mdlc_constructs.asl.states import Task
from mdlc_constructs.resources.places import KEY_ARN, uri
from mdlc_constructs.settings.scaling import Asynchronous, Serverless
from mdlc_constructs.settings.serving import CaptureSettings
from mdlc_constructs.tasks.endpoint import EndpointCapture, Variant, create_endpoint_config
from mdlc_constructs.tasks.requests import present
from mdlc_constructs.workflows.ending import TO_FAILURE
from mdlc_constructs.workflows.planning import FEW_RETRIES, TAGS, planned_again
from mdlc_constructs.workflows.real_time_inference.deployment import encrypts_volumes
from mdlc_constructs.workflows.real_time_inference.settings import ROWS_TYPE, ReleaseSettings


def create_config(settings: ReleaseSettings) -> Task:
    """`CreateConfig`: create the endpoint configuration of this release."""
    serving = settings.serving
    instances = serving.serverless is None
    variant = Variant(
        name=serving.variant,
        model_name="{% $plan.names.CreateModel %}",
        instance_type=serving.instance_type if instances else None,
        instance_count=serving.instances if instances else None,
        serverless=_serverless(serving.serverless),
        startup_seconds=serving.startup_seconds,
    )
    return create_endpoint_config(
        "CreateConfig",
        config_name="{% $plan.names.CreateConfig %}",
        name_pattern=f"{settings.model}-config-*",
        variants=(variant,),
        capture=capture_of(serving.capture),
        asynchronous=_asynchronous(serving.asynchronous),
        kms_key_id=KEY_ARN if encrypts_volumes(serving) else None,
        tags=TAGS,
        output={},
        retry=FEW_RETRIES,
        catch=(planned_again("CreateConfig"), TO_FAILURE),
    )


def _serverless(serverless: Serverless | None) -> dict[str, object] | None:
    if serverless is None:
        return None
    return present(
        {
            "MemorySizeInMB": serverless.memory_mb,
            "MaxConcurrency": serverless.max_concurrency,
            "ProvisionedConcurrency": serverless.provisioned_concurrency,
        }
    )


def capture_of(settings: CaptureSettings | None) -> EndpointCapture | None:
    """The settings of data capture, below `capture/`, or None without it."""
    if settings is None:
        return None
    return EndpointCapture(
        uri=uri("capture", ""),
        sample_percent=settings.sample_percent,
        modes=settings.modes,
        kms_key_id=KEY_ARN,
        json_types=("application/json", ROWS_TYPE),
    )


def _asynchronous(asynchronous: Asynchronous | None) -> dict[str, object] | None:
    if asynchronous is None:
        return None
    client = {"MaxConcurrentInvocationsPerInstance": asynchronous.concurrent_per_instance}
    output = {"S3OutputPath": uri("asynchronous", ""), "KmsKeyId": KEY_ARN}
    return present({"OutputConfig": output, "ClientConfig": present(client)})
