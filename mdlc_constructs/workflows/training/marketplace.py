"""The states by which the model of a Marketplace algorithm is made: its artefact becomes a package first.

Whoever subscribes to an algorithm cannot see its image, so that CreateModel takes no image. The artefact
becomes an unversioned package of the algorithm (`SourceAlgorithmSpecification`), of which the model is made.
A versioned package would need the image, so that the version is registered by the model's ARN (`SourceUri`).
Source: https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_CreateModelPackage.html
"""

from mdlc_constructs.asl.failures import Catch
from mdlc_constructs.asl.sequence import StateSequence
from mdlc_constructs.asl.statements import Statement
from mdlc_constructs.asl.states import Choice, Rule, Task, Wait
from mdlc_constructs.resources.places import ACCOUNT, PARTITION, REGION
from mdlc_constructs.tasks.integration import integration
from mdlc_constructs.tasks.permissions import arn
from mdlc_constructs.workflows.ending import TO_FAILURE

PACKAGE = "{% $plan.names.CreateModel %}"
"""The unversioned package and the model have the same derived name."""

MODEL_ARN = f"{{% 'arn:{PARTITION}:sagemaker:{REGION}:{ACCOUNT}:model/' & $plan.names.CreateModel %}}"

_SECONDS = 15


def packaged(algorithm_arn: str, model: str, behind: StateSequence) -> StateSequence:
    """The states that make the package and wait for it, followed by the seam `behind`."""
    states = StateSequence.of(
        create_package(algorithm_arn, model), wait(), describe_package(model), package_verdict(), behind
    )
    return StateSequence(states.states, open_ends=states.open_ends, runs_always=behind.runs_always)


def create_package(algorithm_arn: str, model: str) -> Task:
    """Create the unversioned package of the algorithm and the artefact."""
    source = {"AlgorithmName": algorithm_arn, "ModelDataUrl": "{% $plan.uris.artifact %}"}
    return integration(
        "PackageArtifact",
        service="aws-sdk:sagemaker",
        action="createModelPackage",
        arguments={
            "ModelPackageName": PACKAGE,
            "SourceAlgorithmSpecification": {"SourceAlgorithms": [source]},
        },
        statements=(
            Statement(
                actions=("sagemaker:CreateModelPackage",),
                resources=(arn("sagemaker", f"model-package/{model}-model-*"), algorithm_arn),
            ),
        ),
        output={},
        # An earlier run made the package: it is described like a new one.
        catch=(Catch(errors=("SageMaker.ConflictException",), next="DescribePackage"), TO_FAILURE),
        comment="The image of a Marketplace algorithm is the seller's: only its package can be run",
    )


def wait() -> Wait:
    """Wait until SageMaker has scanned and validated the package."""
    return Wait(name="WaitForPackage", seconds=_SECONDS)


def describe_package(model: str) -> Task:
    """Read the package's status."""
    return integration(
        "DescribePackage",
        service="aws-sdk:sagemaker",
        action="describeModelPackage",
        arguments={"ModelPackageName": PACKAGE},
        statements=(
            Statement(
                actions=("sagemaker:DescribeModelPackage",),
                resources=(arn("sagemaker", f"model-package/{model}-model-*"),),
            ),
        ),
        assign={"package_status": "{% $states.result.ModelPackageStatus %}"},
        output={},
        catch=(TO_FAILURE,),
    )


def package_verdict() -> Choice:
    """Wait on, fail, or go on to the model."""
    waiting = Rule(condition="{% $package_status in ['Pending', 'InProgress'] %}", next="WaitForPackage")
    failed = Rule(
        condition="{% $package_status != 'Completed' %}",
        next="RecordFailure",
        assign={
            "failure": {
                "Error": "PackageRefused",
                "Cause": "{% 'SageMaker could not package the artifact of the algorithm: package ' "
                "& $plan.names.CreateModel & ' is ' & $package_status & '.' %}",
            }
        },
    )
    return Choice(name="PackageReady", rules=(waiting, failed))
