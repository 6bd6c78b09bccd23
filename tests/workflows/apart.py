"""Everything that constructs take and make, each part in the stack that a layout names."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from aws_cdk import Stack
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_ecr as ecr
from aws_cdk import aws_kms as kms
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_s3 as s3
from constructs import Construct

from mdlc_constructs import (
    Authorizer,
    BatchInferenceWorkflow,
    CustomImage,
    Dataset,
    DecisionApi,
    Decisions,
    Fallback,
    FeatureLookup,
    Fleet,
    Gate,
    Labels,
    LookUpTable,
    ModelHome,
    MonitoringWorkflow,
    NetworkSettings,
    OnCodeChange,
    OnDrift,
    OnNewData,
    OnSchedule,
    RealTimeInferenceWorkflow,
    RetrainingWorkflow,
    Serving,
    SlidingWindow,
    TrainingWorkflow,
)

PARTS = (
    *("Key", "Bucket", "AccessLogs", "Data", "Network", "Repository", "Tables", "Functions"),
    *("Home", "OwnHome", "Training", "Release", "Batch", "Monitoring", "Fleet", "Retraining"),
    *("Api", "Callers"),
)
"""What a platform engineer may put into a stack of its own, each behind what it takes."""

LAYOUTS: dict[str, tuple[tuple[str, ...], ...]] = {
    "together": (PARTS,),
    "all apart": tuple((part,) for part in PARTS),
    **{f"before {part}": (PARTS[:place], PARTS[place:]) for place, part in enumerate(PARTS) if place},
    **{
        f"{part} alone": ((part,), tuple(other for other in PARTS if other != part))
        for part in ("Data", "Network", "OwnHome", "Training", "Release", "Batch", "Monitoring", "Retraining")
    },
}
"""The parts of each stack."""

Place = Callable[[str], Stack]


def function(scope: Construct, id_: str) -> lambda_.Function:
    return lambda_.Function(
        scope,
        id_,
        runtime=lambda_.Runtime.PYTHON_3_14,
        handler="index.handler",
        code=lambda_.Code.from_inline("def handler(event, context): return event"),
    )


def table(scope: Construct, id_: str, key: str, encryption_key: kms.IKey) -> dynamodb.Table:
    return dynamodb.Table(
        scope,
        id_,
        partition_key=dynamodb.Attribute(name=key, type=dynamodb.AttributeType.STRING),
        encryption_key=encryption_key,
    )


def data_bucket(scope: Construct, key: kms.IKey) -> s3.Bucket:
    return s3.Bucket(scope, "Data", bucket_name="flights-data", encryption_key=key)


def network_of(stack: Stack) -> NetworkSettings:
    vpc = ec2.CfnVPC(stack, "Vpc", cidr_block="10.0.0.0/16")
    subnet = ec2.CfnSubnet(stack, "Subnet", vpc_id=vpc.ref, cidr_block="10.0.0.0/24")
    group = ec2.CfnSecurityGroup(stack, "Group", vpc_id=vpc.ref, group_description="Jobs")
    return NetworkSettings(subnet_ids=(subnet.ref,), security_group_ids=(group.attr_group_id,))


def build(place: Place) -> None:
    """A model trained, served, scored, watched, retrained and asked; a second one in its own bucket."""
    key = kms.Key(place("Key"), "Key")
    data = data_bucket(place("Data"), key)
    network = network_of(place("Network"))
    repository = ecr.Repository(place("Repository"), "Repository")
    dataset = Dataset.csv(
        "s3://flights-data/raw/",
        label="late",
        timestamp="time_hour",
        row_key=("flight_id",),
        columns={"distance": "number"},
    )
    logs = s3.Bucket(place("AccessLogs"), "Logs", encryption=s3.BucketEncryption.S3_MANAGED)
    home = ModelHome(place("Home"), "Home", name="flights", access_logs_bucket=logs)
    own_bucket = s3.Bucket(place("Bucket"), "Own", encryption_key=key)
    own = ModelHome(place("OwnHome"), "OwnHome", name="trains", bucket=own_bucket)
    for place_of, model in (("Training", home), ("OwnHome", own)):
        training = TrainingWorkflow(
            place(place_of),
            f"Training-{model.name}",
            home=model,
            dataset=dataset,
            dataset_bucket=data,
            algorithm=CustomImage(image_uri=repository.repository_uri_for_tag("3")),
            gate=Gate(better_than_champion="auc"),
            network=network,
        )
        if model is home:
            trained = training
    release = RealTimeInferenceWorkflow(
        place("Release"), "Release", home=home, dataset=dataset, network=network, serving=Serving()
    )
    batch = BatchInferenceWorkflow(
        place("Batch"),
        "Batch",
        home=home,
        dataset=dataset,
        dataset_bucket=data,
        delivery=LookUpTable(key="flight_id"),
        look_up_table=table(place("Tables"), "LookUp", "flight_id", key),
        moves_champion=False,
        network=network,
    )
    for kind, served in (("endpoint", {"endpoint": release}), ("batch", {"batch": batch})):
        MonitoringWorkflow(
            place("Monitoring"),
            f"Monitoring-{kind}",
            home=home,
            dataset=dataset,
            labels=Labels(uri="s3://flights-data/late/"),
            labels_bucket=data,
            network=network,
            **served,
        )
    RetrainingWorkflow(
        place("Retraining"),
        "Retraining",
        home=home,
        training=trained,
        release=release,
        fleet=Fleet(place("Fleet"), "Fleet", key=key),
        triggers=(
            OnSchedule(schedule="rate(7 days)"),
            OnNewData(rows=10_000, files=30),
            OnDrift(windows=2),
            OnCodeChange(),
        ),
        window=SlidingWindow(length=timedelta(days=90), holdout=timedelta(days=14)),
    )
    api = DecisionApi(
        place("Api"),
        "Api",
        home=home,
        endpoint=release,
        decisions=Decisions(
            decisions=("wait", "rebook"),
            fallback=Fallback(decision="wait"),
            columns={"tail": "category", "distance": "number"},
            lookup=FeatureLookup(key="tail", table_key="id", defaults={"distance": 0}),
        ),
        rules={"schema_version": 1, "version": "1", "bands": [{"decision": "wait"}]},
        feature_table=table(place("Tables"), "Features", "id", key),
        action=function(place("Functions"), "Act"),
        authorizer=Authorizer.function(function(place("Functions"), "Judge").function_arn),
        network=network,
        shape="both",
    )
    api.grant_invoke(function(place("Callers"), "Asks"))
    release.grant_invoke(function(place("Callers"), "AsksEndpoint"))


def placed(scope: Construct, layout: tuple[tuple[str, ...], ...], **stack_arguments: Any) -> Place:
    """Stacks below a scope, each named after the first of its parts, made when a part is first asked for."""
    names = {part: parts[0] for parts in layout for part in parts}
    stacks: dict[str, Stack] = {}

    def place(part: str) -> Stack:
        name = names[part]
        if name not in stacks:
            stacks[name] = Stack(scope, name, **stack_arguments)
        return stacks[name]

    return place
