"""The workflows as constructs: what they make of a user's arguments, and how they are changed."""

import json
import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest
from aws_cdk import App, Stack
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_stepfunctions as sfn
from aws_cdk.assertions import Annotations, Match
from syrupy.assertion import SnapshotAssertion

from mdlc_constructs import (
    BatchInferenceWorkflow,
    Compute,
    CustomImage,
    MachineError,
    ModelHome,
    TrainingWorkflow,
)
from mdlc_constructs.asl import Pass
from mdlc_constructs.asl.states import State
from mdlc_constructs.governance.nag import flat
from mdlc_constructs.settings.image import Image
from mdlc_constructs.workflows.scoring import score_task
from mdlc_constructs.workflows.training.machine import check_quality, train
from tests.synthesized import Synthesized, listed
from tests.workflows.settings import ALGORITHM, DATASET, TRAINING
from tests.workflows.stacks import HERE, OWN_IMAGE, STACKS, training


@pytest.fixture(scope="module")
def stacks(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Synthesized]:
    """Every stack above in one app, synthesized once."""
    app = App(outdir=str(tmp_path_factory.mktemp("assembly")))
    for name, (build, env) in STACKS.items():
        build(Stack(app, name, env=env))
    return Synthesized.all_of(app)


@pytest.fixture
def stack() -> Stack:
    """A stack for what is refused before anything is synthesized."""
    return Stack(App(), "Refused", env=HERE)


@pytest.mark.parametrize("workflow", ["Training", "Batch"])
def test_logical_ids_are_a_contract(
    stacks: dict[str, Synthesized], workflow: str, snapshot: SnapshotAssertion
) -> None:
    resources = stacks["Plain"].resources
    assert {
        name: resource["Type"] for name, resource in resources.items() if name.startswith(workflow)
    } == snapshot


def test_logical_ids_of_what_workflows_share_are_a_contract(
    stacks: dict[str, Synthesized], snapshot: SnapshotAssertion
) -> None:
    resources = stacks["Plain"].resources
    assert {
        name: resource["Type"]
        for name, resource in resources.items()
        if name.startswith(("Model", "Functions"))
    } == snapshot


@pytest.mark.parametrize("name", list(STACKS))
def test_definitions_are_literals_with_every_placeholder_bound(
    stacks: dict[str, Synthesized], name: str
) -> None:
    for machine in stacks[name].of_type("AWS::StepFunctions::StateMachine").values():
        text = machine["Properties"]["DefinitionString"]
        substitutions = machine["Properties"]["DefinitionSubstitutions"]
        assert json.loads(text)["QueryLanguage"] == "JSONata"
        assert "Token[" not in text
        for placeholder in substitutions:
            assert f"${{{placeholder}}}" in text
            text = text.replace(f"${{{placeholder}}}", "")
        assert "${" not in text


@pytest.mark.parametrize("name", ["flights-training", "flights-batch-inference"])
def test_a_machine_is_encrypted_traced_and_logged(stacks: dict[str, Synthesized], name: str) -> None:
    machine = stacks["Plain"].machine(name)
    assert machine["EncryptionConfiguration"]["Type"] == "CUSTOMER_MANAGED_KMS_KEY"
    assert machine["TracingConfiguration"] == {"Enabled": True}
    assert machine["LoggingConfiguration"]["Level"] == "ALL"
    assert machine["LoggingConfiguration"]["IncludeExecutionData"] is True


@pytest.mark.parametrize("name", ["flights-training", "flights-batch-inference"])
def test_a_machine_is_made_when_its_role_may_log_and_encrypt(
    stacks: dict[str, Synthesized], name: str
) -> None:
    stack = stacks["Plain"]
    (machine,) = (
        resource
        for resource in stack.of_type("AWS::StepFunctions::StateMachine").values()
        if resource["Properties"]["StateMachineName"] == name
    )
    (role,) = re.findall(r"<(\w+)(?:\.Arn)?>$", flat(machine["Properties"]["RoleArn"]))
    beside = {
        id_
        for id_, policy in stack.of_type("AWS::IAM::Policy").items()
        if {"Ref": role} in policy["Properties"]["Roles"]
    }
    assert beside <= set(listed(machine["DependsOn"]))
    actions = {action for action, _ in stack.allowed(role)}
    assert {"logs:CreateLogDelivery", "kms:GenerateDataKey", "xray:PutTraceSegments"} <= actions


@pytest.mark.parametrize("name", ["flights-training", "flights-batch-inference"])
def test_every_end_but_success_raises_an_alarm(stacks: dict[str, Synthesized], name: str) -> None:
    alarms = stacks["Plain"].of_type("AWS::CloudWatch::Alarm").values()
    found = [a["Properties"] for a in alarms if name in a["Properties"]["AlarmDescription"]]
    assert {(alarm["MetricName"], alarm["Threshold"]) for alarm in found} == {
        ("ExecutionsFailed", 1),
        ("ExecutionsTimedOut", 1),
        ("ExecutionsAborted", 1),
    }


@pytest.mark.parametrize("name", list(STACKS))
def test_no_role_has_an_action_with_a_wildcard(stacks: dict[str, Synthesized], name: str) -> None:
    actions = {action for one in stacks[name].all_statements() for action in one["Action"]}
    assert len(actions) > 20
    assert not [action for action in actions if "*" in action]


@pytest.mark.parametrize("name", list(STACKS))
def test_a_role_is_passed_to_sagemaker_only_and_by_its_arn(stacks: dict[str, Synthesized], name: str) -> None:
    passing = [one for one in stacks[name].all_statements() if "iam:PassRole" in one["Action"]]
    assert passing
    for one in passing:
        assert one["Action"] == ["iam:PassRole"]
        assert one["Condition"] == {"StringEquals": {"iam:PassedToService": "sagemaker.amazonaws.com"}}
        assert all(resource.endswith("Role.Arn>") or ".Arn>" in resource for resource in one["Resource"])
        assert not any("*" in resource for resource in one["Resource"])


def test_jobs_write_nothing_where_the_data_lies(stacks: dict[str, Synthesized]) -> None:
    writes = {
        resource
        for one in stacks["Plain"].all_statements()
        if "s3:PutObject" in one["Action"]
        for resource in one["Resource"]
    }
    assert writes
    assert not [resource for resource in writes if ":::bucket/" in resource]


def test_a_region_known_only_at_deployment_finds_the_image_in_a_mapping(
    stacks: dict[str, Synthesized],
) -> None:
    template = stacks["Agnostic"].template
    mapping = template["Mappings"]["ImageAccounts"]
    assert mapping["eu-central-1"] == {"account": Image.jobs().accounts["eu-central-1"]}
    image = stacks["Agnostic"].machine("flights-training")["DefinitionSubstitutions"]["TrainingImage"]
    assert {"Fn::FindInMap": ["ImageAccounts", {"Ref": "AWS::Region"}, "account"]} in image["Fn::Join"][1]
    assert (
        "Mappings" not in stacks["Plain"].template
        or "ImageAccounts" not in stacks["Plain"].template["Mappings"]
    )


def test_a_known_region_names_the_image_itself(stacks: dict[str, Synthesized]) -> None:
    substitutions = stacks["Plain"].machine("flights-training")["DefinitionSubstitutions"]
    algorithm_image = ALGORITHM.image_uri("eu-central-1")
    assert substitutions["TrainingImage"] == algorithm_image


def test_images_are_pulled_from_their_own_repository_alone(stacks: dict[str, Synthesized]) -> None:
    account = Image.jobs().accounts["eu-central-1"]
    pulls = {
        resource
        for one in stacks["Plain"].all_statements()
        if "ecr:BatchGetImage" in one["Action"]
        for resource in one["Resource"]
    }
    assert pulls == {
        f"arn:<AWS::Partition>:ecr:eu-central-1:{account}:repository/{name}"
        for name in ("sagemaker-xgboost", "sagemaker-scikit-learn")
    }


def test_a_custom_image_trains_scores_and_is_pulled(stacks: dict[str, Synthesized]) -> None:
    stack = stacks["CustomImage"]
    assert stack.machine("flights-training")["DefinitionSubstitutions"]["TrainingImage"] == OWN_IMAGE
    assert stack.states("flights-training")["Train"]["Arguments"]["HyperParameters"] == {"trees": "7"}
    repository = "arn:<AWS::Partition>:ecr:us-west-2:222222222222:repository/team/forest"
    for role in ("TrainingflightsTrainRole", "HomeflightsModelRole"):
        assert ("ecr:BatchGetImage", repository) in stack.allowed(role)


def test_a_dataset_bucket_with_a_key_of_its_own_can_be_read(stacks: dict[str, Synthesized]) -> None:
    stack, key = stacks["OwnDatasetBucket"], "arn:aws:kms:eu-central-1:333333333333:key/theirs"
    readers = ("TrainingflightsQualityRole", "TrainingflightsFeaturesRole", "FunctionsPlanTrainingRole")
    for role in readers:
        assert ("kms:Decrypt", key) in stack.allowed(role)
        assert ("s3:GetObject", "arn:<AWS::Partition>:s3:::theirs/raw/*") in stack.allowed(role)
    others = [role for role in stack.of_type("AWS::IAM::Role") if not role.startswith(readers)]
    assert len(others) > 3
    for role in others:
        assert ("kms:Decrypt", key) not in stack.allowed(role)


def test_a_dataset_bucket_of_another_name_is_refused(stack: Stack) -> None:
    bucket = s3.Bucket.from_bucket_name(stack, "Other", "other")
    with pytest.raises(ValueError, match=r"dataset_bucket is 'other' and dataset\.uri names 'bucket'"):
        training(stack, dataset_bucket=bucket)


@pytest.mark.parametrize("prefix", ["", "predictions/", "training/"])
def test_a_dataset_that_covers_what_the_workflows_write_is_refused(stack: Stack, prefix: str) -> None:
    mine = s3.Bucket.from_bucket_name(stack, "Mine", "mine")
    home = ModelHome(stack, "Model", name="flights", bucket=mine)
    for bucket in (None, mine):
        with pytest.raises(ValueError, match=rf"is .s3://mine/{prefix}. and covers [a-z]+/, where"):
            TrainingWorkflow(
                stack,
                "Training",
                home=home,
                dataset=replace(DATASET, uri=f"s3://mine/{prefix}"),
                algorithm=ALGORITHM,
                dataset_bucket=bucket,
            )
    elsewhere = replace(DATASET, uri=f"s3://another/{prefix}")
    assert TrainingWorkflow(stack, "Training", home=home, dataset=elsewhere, algorithm=ALGORITHM)


@pytest.mark.parametrize(
    ("image", "warned"),
    [
        (OWN_IMAGE, True),
        (OWN_IMAGE.replace(":3", "@sha256:" + "0" * 64), False),
        (OWN_IMAGE.replace(":3", ":" + "0" * 64), False),
    ],
)
def test_an_image_named_by_a_tag_comes_with_a_warning(stack: Stack, image: str, warned: bool) -> None:
    training(stack, algorithm=CustomImage(image_uri=image))
    found = Annotations.from_stack(stack).find_warning(
        "/Refused/Training-flights", Match.string_like_regexp("names the image by a tag")
    )
    assert len(found) == warned


@pytest.mark.parametrize(("instance_type", "encrypted"), [("ml.m5.xlarge", True), ("ml.g4dn.xlarge", False)])
def test_disks_that_their_hardware_encrypts_get_no_key(instance_type: str, encrypted: bool) -> None:
    compute = Compute(instance_type=instance_type)
    in_training = replace(TRAINING, training_compute=compute, job_compute=compute)
    for state, place in (
        (train(in_training), "ResourceConfig"),
        (check_quality(in_training), "ProcessingResources"),
        (score_task("S", model="m", compute=compute), "TransformResources"),
    ):
        assert isinstance(state.arguments, Mapping)
        assert ("VolumeKmsKeyId" in json.dumps(state.arguments[place])) is encrypted
        assert "${KeyArn}" in json.dumps(state.arguments)


def test_a_vpc_reaches_every_job_and_every_role_that_joins_it(stacks: dict[str, Synthesized]) -> None:
    stack = stacks["InVpc"]
    substitutions = stack.machine("flights-training")["DefinitionSubstitutions"]
    assert (substitutions["Subnet0"], substitutions["Subnet1"]) == ("subnet-1", "subnet-2")
    assert stack.states("flights-training")["Train"]["Arguments"]["VpcConfig"] == {
        "SecurityGroupIds": ["${SecurityGroup0}"],
        "Subnets": ["${Subnet0}", "${Subnet1}"],
    }
    own, anyones = (
        f"arn:<AWS::Partition>:ec2:<AWS::Region>:{account}:" for account in ("<AWS::AccountId>", "*")
    )
    joins = {r for a, r in stack.allowed("TrainingTrainRole") if a == "ec2:CreateNetworkInterface"}
    # Subnets that are shared by AWS RAM have the ARN of the account that owns them.
    assert joins == {
        f"{own}network-interface/*",
        *(anyones + part for part in ("subnet/subnet-1", "subnet/subnet-2", "security-group/sg-1")),
    }
    # The model runs for both workflows, so it joins the subnets of both.
    joins = {r for a, r in stack.allowed("ModelModelRole") if a == "ec2:CreateNetworkInterface"}
    assert joins >= {f"{anyones}subnet/subnet-{number}" for number in (1, 2, 3)}


def test_two_models_in_a_stack_share_functions_with_the_permissions_of_both(
    stacks: dict[str, Synthesized],
) -> None:
    stack = stacks["TwoModels"]
    functions = stack.of_type("AWS::Lambda::Function").values()
    handlers = sorted(function["Properties"]["Handler"] for function in functions)
    assert handlers == [
        "lambdas.functions.clean_up.handler.handler",
        "lambdas.functions.plan_training.handler.handler",
    ]
    reads = {r for a, r in stack.allowed("FunctionsPlanTrainingRole") if a == "s3:GetObject"}
    assert {"arn:<AWS::Partition>:s3:::bucket/raw/*", "arn:<AWS::Partition>:s3:::rails/raw/*"} <= reads
    deletes = {r for a, r in stack.allowed("FunctionsCleanUpRole") if a == "sagemaker:DeleteModel"}
    assert {resource.rsplit("/", 1)[-1] for resource in deletes} == {"flights-*", "trains-*"}


def test_a_misspelt_argument_is_a_type_error(stack: Stack) -> None:
    with pytest.raises(TypeError, match="algoritm"):
        training(stack, algoritm=ALGORITHM)
    home = ModelHome(stack, "Batch-home", name="batch")
    misspelt: dict[str, Any] = {"max_paralel": 2}
    with pytest.raises(TypeError, match="max_paralel"):
        BatchInferenceWorkflow(stack, "Batch", home=home, dataset=DATASET, **misspelt)


def test_what_is_refused_leaves_no_resource_behind(stack: Stack) -> None:
    home = ModelHome(stack, "Home", name="flights")
    before = len(stack.node.find_all())
    with pytest.raises(ValueError, match="max_parallel"):
        BatchInferenceWorkflow(stack, "Batch", home=home, dataset=DATASET, max_parallel=0)
    assert len(stack.node.find_all()) == before


def test_a_subclass_overrides_a_task(stacks: dict[str, Synthesized]) -> None:
    plain_task = stacks["Plain"].states("flights-training")["Train"]
    task = stacks["Careful"].states("flights-training")["Train"]
    assert task["Comment"] == "Trained with care"
    assert task["Arguments"] == plain_task["Arguments"]


def test_seams_of_methods_come_before_the_constructors(stacks: dict[str, Synthesized]) -> None:
    states = stacks["Careful"].states("flights-training")
    path = ["PrepareFeatures"]
    while path[-1] != "CreateModel":
        path.append(states[path[-1]]["Next"])
    assert path == ["PrepareFeatures", "Breathe", "Train", "Rest", "Stretch", "Note", "CreateModel"]


def test_a_misspelt_seam_method_is_refused_with_the_nearest_name(stack: Stack) -> None:
    class Hasty(TrainingWorkflow):
        def before_trian(self) -> State:
            return Pass(name="Breathe")

    home = ModelHome(stack, "Home", name="flights")
    with pytest.raises(ValueError, match="did you mean 'before_train'"):
        Hasty(stack, "Training", home=home, dataset=DATASET, algorithm=ALGORITHM)


def test_a_misspelt_seam_is_refused_with_the_nearest_name(stack: Stack) -> None:
    with pytest.raises(ValueError, match="Did you mean 'after_evaluate'"):
        training(stack, seams={"after_evalute": Pass(name="Note")})


def test_a_chain_of_the_cdks_own_stands_in_the_machine(stacks: dict[str, Synthesized]) -> None:
    states = stacks["Chained"].states("flights-training")
    assert [states[name]["Next"] for name in ("Evaluate", "Note", "TellEveryone")] == [
        "Note",
        "TellEveryone",
        "ReadModelCard",
    ]
    assert [catch["Next"] for catch in states["TellEveryone"]["Catch"]] == ["RecordFailure"]


def test_permissions_of_a_chain_reach_the_role(stacks: dict[str, Synthesized]) -> None:
    stack = stacks["Chained"]
    (function,) = (name for name in stack.of_type("AWS::Lambda::Function") if name.startswith("Tell"))
    assert ("lambda:InvokeFunction", f"<{function}.Arn>") in stack.allowed("TrainingflightsRole")


def test_token_texts_of_a_chain_become_substitutions(stacks: dict[str, Synthesized]) -> None:
    stack = stacks["Chained"]
    machine = stack.machine("flights-training")
    (function,) = (name for name in stack.of_type("AWS::Lambda::Function") if name.startswith("Tell"))
    tell = json.dumps(stack.states("flights-training")["TellEveryone"])
    bound = [name for name, value in machine["DefinitionSubstitutions"].items() if f"${{{name}}}" in tell]
    values = [machine["DefinitionSubstitutions"][name] for name in bound]
    assert {"Fn::GetAtt": [function, "Arn"]} in values


def test_what_is_no_state_is_refused_in_a_seam(stack: Stack) -> None:
    with pytest.raises(ValueError, match="The seam 'before_train' holds 'Breathe': give it states"):
        training(stack, seams={"before_train": ["Breathe"]})


def test_a_jsonpath_state_in_a_seam_is_refused(stack: Stack) -> None:
    old = sfn.Pass(stack, "Old", result_path="$.kept")
    with pytest.raises(ValueError, match=r"'Old'.*\.jsonata\(\)"):
        training(stack, seams={"before_train": old})


def test_a_machine_that_cannot_run_is_refused_before_it_is_made(stack: Stack) -> None:
    with pytest.raises(MachineError, match="Elsewhere"):
        training(stack, seams={"before_train": Pass(name="Lost", next="Elsewhere")})
    assert not [one for one in stack.node.find_all() if isinstance(one, sfn.CfnStateMachine)]


def test_batches_are_scored_on_processors_that_the_models_image_is_built_for(stack: Stack) -> None:
    neuron = Compute(instance_type="ml.inf2.xlarge")
    home = training(stack).home
    with pytest.raises(ValueError, match="XGBoost's image is built for x86-64"):
        BatchInferenceWorkflow(stack, "Batch", home=home, dataset=DATASET, scoring_compute=neuron)
    own = training(stack, "own", algorithm=CustomImage(image_uri=OWN_IMAGE)).home
    BatchInferenceWorkflow(stack, "OwnBatch", home=own, dataset=DATASET, scoring_compute=neuron)
