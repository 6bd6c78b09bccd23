"""What may stand in for a step and around it: refused in one sentence at synth, or run as it was meant."""

import re
from dataclasses import replace
from typing import Any

import pytest
from aws_cdk import App, Stack
from aws_cdk import aws_stepfunctions as sfn
from aws_cdk import aws_stepfunctions_tasks as sfn_tasks

from mdlc_constructs import Always, ModelHome, RealTimeInferenceWorkflow, StateSequence, TrainingWorkflow
from mdlc_constructs.asl import Pass
from mdlc_constructs.asl.machine import Machine
from mdlc_constructs.asl.states import State, Task
from mdlc_constructs.workflows.training.machine import STEPS, training_machine
from tests.workflows.settings import ALGORITHM, DATASET, TRAINING
from tests.workflows.stacks import HERE


@pytest.fixture
def stack() -> Stack:
    return Stack(App(), "Seams", env=HERE)


def made(stack: Stack, kind: type[TrainingWorkflow] = TrainingWorkflow, **arguments: Any) -> TrainingWorkflow:
    home = ModelHome(stack, "Home", name="flights")
    return kind(stack, "Training", home=home, dataset=DATASET, algorithm=ALGORITHM, **arguments)


def subclass(**methods: Any) -> type[TrainingWorkflow]:
    """A subclass whose methods of these names return these values."""
    members = {name: staticmethod(lambda value=value: value) for name, value in methods.items()}
    return type("Ours", (TrainingWorkflow,), {"__module__": __name__, **members})


@pytest.mark.parametrize(
    ("name", "nearest"),
    [
        ("create_trian_task", "create_train_task"),
        ("create_train", "create_train_task"),
        ("create_train_tasks", "create_train_task"),
        ("befor_train", "before_train"),
        ("before_trian", "before_train"),
        ("after_evalaute", "after_evaluate"),
    ],
)
def test_a_method_that_would_never_be_called_is_refused(stack: Stack, name: str, nearest: str) -> None:
    sentence = (
        f"Ours.{name}() would never be called: did you mean {nearest!r}? Begin the name with an underscore "
        "when it is a method of your own."
    )
    with pytest.raises(ValueError, match=re.escape(sentence)):
        made(stack, subclass(**{name: Pass(name="X")}))


def test_a_step_that_does_not_exist_is_refused_with_those_that_do(stack: Stack) -> None:
    with pytest.raises(
        ValueError, match=r"create_slack_message_task\(\) would never be called: the steps are"
    ):
        made(stack, subclass(create_slack_message_task=None))


def test_methods_of_ones_own_are_left_alone(stack: Stack) -> None:
    made(stack, subclass(_create_slack_task=None, notify=None, grant_start=None))


@pytest.mark.parametrize("value", [None, 7, "Train", object, {"Type": "Task"}])
def test_what_is_no_state_is_no_task(stack: Stack, value: Any) -> None:
    sentence = "return one state named 'Train', such as dataclasses.replace(super().create_train_task(), ...)"
    with pytest.raises(ValueError, match=re.escape(sentence)):
        made(stack, subclass(create_train_task=value))


def test_a_step_is_one_state(stack: Stack) -> None:
    two = StateSequence.of(Pass(name="Train"), Pass(name="More"))
    with pytest.raises(ValueError, match=r"returns 2 states \(Train, More\): a step is one state"):
        made(stack, subclass(create_train_task=two))


def test_a_task_keeps_the_name_of_its_step(stack: Stack) -> None:
    with pytest.raises(ValueError, match="is named 'Learn': name it 'Train', by which the plan"):
        made(stack, subclass(create_train_task=Pass(name="Learn")))


@pytest.mark.parametrize(
    ("step", "variable"),
    [("check_quality", "quality"), ("evaluate", "gate"), ("register", "package_arn"), ("decide", "result")],
)
def test_a_task_assigns_what_following_states_read(stack: Stack, step: str, variable: str) -> None:
    name = "".join(word.title() for word in step.split("_"))
    with pytest.raises(ValueError, match=f"assigns no variable {variable!r}, which following states read"):
        made(stack, subclass(**{f"create_{step}_task": Pass(name=name)}))


@pytest.mark.parametrize("seams", [["before_train"], "before_train", (Pass(name="X"),)])
def test_seams_are_a_dict(stack: Stack, seams: Any) -> None:
    with pytest.raises(ValueError, match=re.escape('give a dict, such as {"before_train": states}')):
        made(stack, seams=seams)


def test_a_jsonpath_task_of_the_cdks_is_refused(stack: Stack) -> None:
    class Old(TrainingWorkflow):
        def create_train_task(self) -> Any:
            return sfn.Pass(self, "Train", result_path="$.kept")

    with pytest.raises(ValueError, match=r"'Train'.*\.jsonata\(\)"):
        made(stack, Old)


class ByGlue(TrainingWorkflow):
    """Trains by a Glue job."""

    def create_train_task(self) -> Any:
        return sfn_tasks.GlueStartJobRun.jsonata(
            self,
            "Train",
            glue_job_name="trainer",
            integration_pattern=sfn.IntegrationPattern.RUN_JOB,
            arguments=sfn.TaskInput.from_object({"--artifact": "{% $plan.uris.artifact %}"}),
        )


def test_a_task_of_the_cdks_own_may_stand_in_and_is_held_to_the_artifact(stack: Stack) -> None:
    machine = made(stack, ByGlue).machine
    train: Any = machine.state("Train").to_asl()
    assert train["Resource"].endswith(":states:::glue:startJobRun.sync")
    assert [catch["Next"] for catch in train["Catch"]] == ["RecordFailure"]
    assert train["Next"] == "FindArtifact"
    assert machine.state("FindArtifact").to_asl()["Next"] == "ArtifactFound"
    assert machine.state("ArtifactFound").to_asl()["Default"] == "CreateModel"
    payload: Any = machine.state("Plan").to_asl()["Arguments"]
    assert payload["Payload"]["replaced"] == ["Train"]
    assert set(payload["Payload"]["requests"]) >= {"CheckQuality", "Train", "Evaluate"}


def test_arguments_of_a_replaced_task_decide_whether_the_work_is_the_same() -> None:
    def digest(rounds: int) -> str:
        return Pass(name="Train", output={"rounds": rounds}).request_digest()

    assert digest(1) == digest(1) != digest(2)
    assert Pass(name="Train", comment="slow").request_digest() == Pass(name="Train").request_digest()


def test_a_training_job_with_other_arguments_is_no_other_kind_of_work() -> None:
    machine = training_machine(TRAINING)
    train = machine.state("Train")
    assert isinstance(train, Task)
    changed = training_machine(TRAINING, tasks={"train": replace(train, next=None, comment="Slow")})
    assert "replaced" not in changed.definition()
    assert not [state for state in changed.walk() if state.name == "FindArtifact"]


def entered(machine: Machine, step: str) -> list[str]:
    """The states from Resume on that an execution with this plan enters, if everything goes well."""
    path, name = [], "Resume"
    while name not in ("RecordAudit", "WaitForOther"):
        state: Any = machine.state(name).to_asl()
        path.append(name)
        if state["Type"] == "Choice":
            taken = [
                r["Next"] for r in state["Choices"] if r["Condition"] == f"{{% $plan.step = '{step}' %}}"
            ]
            name = taken[0] if taken else state["Default"]
        else:
            name = state["Next"]
    return path[1:]


def with_always(**seams: State | StateSequence) -> Machine:
    around = {name: replace(StateSequence.of(states), runs_always=True) for name, states in seams.items()}
    return training_machine(TRAINING, seams=around)


STEPS_IN_ORDER = (
    *("CheckQuality", "QualityVerdict", "PrepareFeatures", "Train", "CreateModel", "ScoreHoldout"),
    *("Evaluate", "Register", "Decide"),
)
TARGETS = (*STEPS_IN_ORDER[:-1], "Done")


@pytest.mark.parametrize("target", TARGETS)
def test_a_seam_that_runs_always_is_entered_wherever_the_execution_resumes(target: str) -> None:
    machine = with_always(
        before_check_quality=Pass(name="Comply"),
        before_train=StateSequence.of(Pass(name="Budget"), Pass(name="Ask")),
        after_train=Pass(name="Tell"),
        after_decide=Pass(name="Last"),
    )
    path = entered(machine, target)
    own = [name for name in path if name in ("Comply", "Budget", "Ask", "Tell", "Last")]
    assert own == ["Comply", "Budget", "Ask", "Tell", "Last"]
    # Of the steps, the target and what follows it are entered, and none before it.
    steps = tuple(name for name in path if name in STEPS_IN_ORDER)
    assert steps == (() if target == "Done" else STEPS_IN_ORDER[STEPS_IN_ORDER.index(target) :])


def test_without_always_a_seam_before_finished_work_is_skipped() -> None:
    machine = training_machine(
        TRAINING, seams={"before_check_quality": StateSequence.of(Pass(name="Comply"))}
    )
    assert "Comply" in entered(machine, "CheckQuality")
    assert "Comply" not in entered(machine, "Train")


def test_a_finished_run_is_recorded_with_its_variables_behind_the_last_seam() -> None:
    machine = with_always(before_check_quality=Pass(name="Comply"))
    choice: Any = machine.state("ResumeAfterBeforeCheckQuality").to_asl()
    (done,) = (rule for rule in choice["Choices"] if rule["Next"] == "RecordAudit")
    assert done["Assign"]["result"]["outcome"] == "Unchanged"
    resume: Any = machine.state("Resume").to_asl()
    (first,) = (rule for rule in resume["Choices"] if "'Done'" in rule["Condition"])
    assert (first["Next"], "Assign" in first) == ("Comply", False)


def test_always_is_given_by_a_method_or_by_the_constructor(stack: Stack) -> None:
    machine = made(
        stack,
        subclass(before_check_quality=Always([Pass(name="One"), Pass(name="Two")])),
        seams={"before_evaluate": Always(sfn.Pass.jsonata(stack, "Three"))},
    ).machine
    path = entered(machine, "Done")
    assert [name for name in path if name in ("One", "Two", "Three")] == ["One", "Two", "Three"]


@pytest.mark.parametrize("seam", ["after_deploy", "before_score_golden"])
def test_always_where_nothing_is_resumed_is_refused(stack: Stack, seam: str) -> None:
    home = ModelHome(stack, "Home", name="flights")
    with pytest.raises(ValueError, match=f"The seam {seam!r} of the release workflow cannot run always"):
        RealTimeInferenceWorkflow(
            stack, "Release", home=home, dataset=DATASET, seams={seam: Always(Pass(name="X"))}
        )


def test_every_step_has_seams_that_can_run_always() -> None:
    for step in STEPS:
        for side in ("before", "after"):
            machine = with_always(**{f"{side}_{step}": Pass(name="Always")})
            assert all("Always" in entered(machine, target) for target in TARGETS)
