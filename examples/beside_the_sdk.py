"""Train and deploy with SageMaker's Python SDK beside a workflow, in the same account and by the same roles.

    pip install "sagemaker<3"
    python examples/beside_the_sdk.py --role <role of the model> --train s3://.../train/ --output s3://.../sdk/

    python examples/beside_the_sdk.py --role <role of the model> --train s3://.../train/ --output s3://.../
SDK's model and the workflow's learn from equal rows. `--package` deploys an approved version of the registry
instead. `--endpoint-url` is that of the embedded AWS.

Nothing of the library imports the SDK: docs/decisions/0030-tables-from-the-sdk-not-the-sdk.md.
"""

import argparse

import boto3
from sagemaker import ModelPackage, Session  # type: ignore[import-not-found]  # not installed here
from sagemaker.estimator import Estimator  # type: ignore[import-not-found]
from sagemaker.inputs import TrainingInput  # type: ignore[import-not-found]

from mdlc_constructs import BuiltInAlgorithm

ALGORITHM = BuiltInAlgorithm.xgboost(objective="binary:logistic", num_round=50, max_depth=4)
"""The library's algorithm gives the SDK its image and its checked hyperparameters."""


def session(region: str, endpoint_url: str | None) -> Session:
    """The SDK's session, on AWS or on the embedded AWS."""
    boto_session = boto3.Session(region_name=region)
    return Session(
        boto_session=boto_session,
        sagemaker_client=boto_session.client("sagemaker", endpoint_url=endpoint_url),
        sagemaker_runtime_client=boto_session.client("sagemaker-runtime", endpoint_url=endpoint_url),
    )


def train(sagemaker: Session, *, role: str, data: str, output: str) -> Estimator:
    """Train on one instance, isolated from the network like the workflow's job."""
    estimator = Estimator(
        image_uri=ALGORITHM.image_uri(sagemaker.boto_region_name),
        role=role,
        instance_count=1,
        instance_type="ml.m5.xlarge",
        output_path=output,
        hyperparameters=dict(ALGORITHM.texts),
        enable_network_isolation=True,
        sagemaker_session=sagemaker,
    )
    estimator.fit({"train": TrainingInput(data, content_type="text/csv")}, logs=False)
    return estimator


def main() -> None:
    """Train and deploy, or deploy a version of the registry."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--role", required=True, help="ARN of the role of jobs and models")
    parser.add_argument("--train", help="S3 folder of the training records, CSV with the label first")
    parser.add_argument("--output", help="S3 folder of the artefact")
    parser.add_argument("--package", help="ARN of an approved version, to deploy instead of training")
    parser.add_argument("--region", default="eu-central-1")
    parser.add_argument("--endpoint-url", help="of the embedded AWS")
    chosen = parser.parse_args()
    sagemaker = session(chosen.region, chosen.endpoint_url)
    if chosen.package:
        model = ModelPackage(role=chosen.role, model_package_arn=chosen.package, sagemaker_session=sagemaker)
    else:
        estimator = train(sagemaker, role=chosen.role, data=chosen.train, output=chosen.output)
        model = estimator.create_model()
    model.deploy(initial_instance_count=1, instance_type="ml.m5.large", endpoint_name="beside-the-sdk")
    print("The endpoint beside-the-sdk answers; delete it when you are done.")


if __name__ == "__main__":
    main()
