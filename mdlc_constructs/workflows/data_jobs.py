"""Processing tasks that run this library's data jobs; all have the same form."""

from collections.abc import Mapping

from mdlc_constructs.asl.failures import Catch
from mdlc_constructs.asl.states import Task
from mdlc_constructs.resources.places import JOB_CODE, JOB_CODE_FILE, JOB_IMAGE, KEY_ARN
from mdlc_constructs.settings import Compute, NetworkSettings
from mdlc_constructs.tasks.network import Vpc
from mdlc_constructs.tasks.processing import ProcessingInput, ProcessingOutput, processing_job
from mdlc_constructs.workflows.ending import TO_FAILURE
from mdlc_constructs.workflows.planning import TAGS, taken

VERDICT = "{% $parse($states.result.ExitMessage) %}"
"""A job's exit message, parsed: `passed`, `reasons`, `metrics`, `rows`."""


def vpc_of(network: NetworkSettings) -> Vpc | None:
    """The VPC for tasks, or None: placeholders, because the ids are often known only at deployment."""
    if not network.in_vpc:
        return None
    return Vpc(
        subnet_ids=tuple(f"${{Subnet{number}}}" for number in range(len(network.subnet_ids))),
        security_group_ids=tuple(
            f"${{SecurityGroup{number}}}" for number in range(len(network.security_group_ids))
        ),
    )


STARTING_SECONDS = 3600
"""How long a job may take besides its run: waiting for instances, pulling the image, copying data."""


def patience(compute: Compute) -> int:
    """Seconds that a state waits for its job. Unlike a machine's timeout, a state's can be caught."""
    return (compute.max_wait_seconds or compute.max_runtime_seconds) + STARTING_SECONDS


def volume_key(compute: Compute) -> str:
    """The KMS key of a job's volume; empty when the instances encrypt their local disks in hardware."""
    return KEY_ARN if compute.encrypts_volume else ""


def data_job(
    step: str,
    *,
    command: str,
    label: str,
    model: str,
    role_arn: str,
    wheels: str,
    inputs: Mapping[str, str],
    outputs: Mapping[str, str],
    compute: Compute,
    network: NetworkSettings,
    assign: Mapping[str, object] | None = None,
    comment: str = "",
    manifests: Mapping[str, str] | None = None,
    job_name: str | None = None,
    plan: str = "{% $plan.uris.plan %}",
    output: object = None,
    catch: tuple[Catch, ...] | None = None,
) -> Task:
    """A processing job that runs one command of the `jobs` package.

    Args:
        step: the state's name, under which the plan has the job's name.
        command: the job's command, such as `quality`.
        label: the part of the job's name that identifies the step.
        model: the model's name, with which the job's name begins.
        role_arn: the job's role.
        wheels: S3 URI of the zip with the wheels that this command needs.
        inputs: S3 URIs by name, besides the plan, the code and the wheels.
        outputs: S3 URIs by name.
        compute: the job's instances.
        network: VPC and isolation.
        assign: variables to assign from the result.
        comment: the state's comment.
        manifests: S3 URIs by name of manifests that list the objects of an input.
        job_name: the job's name when it is not the plan's name for the step, as within a map.
        plan: S3 URI of `plan.json`.
        output: the state's output; an empty object unless given.
        catch: catchers that replace the default ones, which lead to `Plan` and to `RecordFailure`.
    """
    folder = "/opt/ml/processing/input"
    return processing_job(
        step,
        job_name=job_name or f"{{% $plan.names.{step} %}}",
        name_pattern=f"{model}-{label}-*",
        role_arn=role_arn,
        image=JOB_IMAGE,
        entrypoint=("python3", f"{folder}/code/{JOB_CODE_FILE}"),
        arguments=(command,),
        inputs=(
            ProcessingInput(name="code", uri=JOB_CODE, local_path=f"{folder}/code"),
            ProcessingInput(name="wheels", uri=wheels, local_path=f"{folder}/wheels"),
            ProcessingInput(name="plan", uri=plan, local_path=f"{folder}/plan"),
            *(ProcessingInput(name=n, uri=u, local_path=f"{folder}/{n}") for n, u in inputs.items()),
            *(
                ProcessingInput(name=n, uri=u, local_path=f"{folder}/{n}", kind="ManifestFile")
                for n, u in (manifests or {}).items()
            ),
        ),
        outputs=tuple(
            ProcessingOutput(name=n, uri=u, local_path=f"/opt/ml/processing/output/{n}")
            for n, u in outputs.items()
        ),
        instance_type=compute.instance_type,
        instance_count=compute.instance_count,
        volume_gb=compute.volume_gb,
        max_runtime_seconds=compute.max_runtime_seconds,
        volume_kms_key_id=volume_key(compute),
        kms_key_id=KEY_ARN,
        tags=TAGS,
        vpc=vpc_of(network),
        network_isolation=network.isolation,
        encrypt_inter_container=network.encrypt_between_containers,
        timeout_seconds=patience(compute),
        assign=assign,
        output={} if output is None else output,
        catch=(taken(step), TO_FAILURE) if catch is None else catch,
        comment=comment,
    )
