"""The registration of a trained model as a version of its package group."""

from mdlc_constructs.asl.states import Task
from mdlc_constructs.resources.places import PACKAGE_GROUP
from mdlc_constructs.tasks.model import Container
from mdlc_constructs.tasks.model_package import create_model_package
from mdlc_constructs.workflows.ending import TO_FAILURE
from mdlc_constructs.workflows.training import tuned
from mdlc_constructs.workflows.training.marketplace import MODEL_ARN
from mdlc_constructs.workflows.training.model_card import CARD_REFUSED, CARD_URI, MODEL_CARD
from mdlc_constructs.workflows.training.series import serving_environment
from mdlc_constructs.workflows.training.settings import TrainingSettings


def register(settings: TrainingSettings) -> Task:
    """Register the model package with its lineage; a repeated call for a run returns the same one."""
    by_model = settings.algorithm.resource_arn is not None
    container = Container(
        image=settings.scoring_image,
        model_data_url="{% $plan.uris.artifact %}",
        environment=serving_environment(settings.algorithm, settings.dataset),
    )
    return create_model_package(
        "Register",
        group_name=PACKAGE_GROUP,
        containers=() if by_model else (container,),
        source_uri=MODEL_ARN if by_model else None,
        content_types=(settings.records.scoring_type,),
        response_types=(settings.records.accept,),
        transform_instance_types=(settings.scoring_compute.instance_type,),
        approval_status="PendingManualApproval",
        client_token="{% $plan.token %}",
        metrics={
            "ModelQuality": {
                "Statistics": {
                    "ContentType": "application/json",
                    "S3Uri": "{% $plan.uris.evaluation & 'metrics.json' %}",
                }
            }
        },
        model_card=MODEL_CARD,
        metadata={
            "run": "{% $plan.run %}",
            "data_version": "{% $plan.data_version %}",
            "code_version": settings.code_version,
            "job_code": "${JobCodeFile}",
            "image": "${TrainingImage}",
            "training_job": trained_by(settings),
            "model": "{% $plan.names.CreateModel %}",
            "program": "{% $plan.uris.program %}",
            "evaluation": "{% $plan.uris.evaluation %}",
            "baseline": "{% $plan.uris.baseline %}",
            "model_card": CARD_URI,
            **exported(settings),
        },
        assign={"package_arn": "{% $states.result.ModelPackageArn %}"},
        output={},
        catch=(CARD_REFUSED, TO_FAILURE),
    )


def exported(settings: TrainingSettings) -> dict[str, str]:
    """What package and audit record of the exported model: its archive and the archive's SHA-256."""
    if settings.export is None:
        return {}
    return {
        "onnx": "{% $plan.uris.export & 'model.tar.gz' %}",
        "onnx_digest": "{% $exists($export.digest) ? $export.digest : '' %}",
    }


def trained_by(settings: TrainingSettings) -> str:
    """The training job of the model, an expression."""
    return tuned.BEST_JOB if settings.tuning else "{% $plan.names.Train %}"
