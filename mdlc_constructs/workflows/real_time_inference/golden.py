"""Golden checks: recorded rows with expected answers, scored by the model that the endpoint will serve."""

from mdlc_constructs.asl.states import Choice, Rule, Task
from mdlc_constructs.resources.places import uri
from mdlc_constructs.settings.payloads.records import RecordTypes
from mdlc_constructs.workflows.data_jobs import VERDICT, data_job
from mdlc_constructs.workflows.ending import TO_FAILURE
from mdlc_constructs.workflows.planning import taken
from mdlc_constructs.workflows.real_time_inference.settings import ROWS_TYPE, ReleaseSettings
from mdlc_constructs.workflows.scoring import ask_in_batch

ROWS = uri("golden", "rows.jsonl")
EXPECTED = uri("golden", "expected.csv")

ASKED = "passed"
"""The value of the plan's `golden_checks` when there are golden rows to score."""


def golden_recorded(following: str) -> Choice:
    """`GoldenRecorded`: skip the checks when there is nothing to check, and go to the `following` state.

    That is the case without golden rows, which the plan allows for the first release only, and for a rollback
    to a version that served before.
    """
    none = Rule(condition=f"{{% $plan.golden_checks != '{ASKED}' %}}", next=following)
    return Choice(name="GoldenRecorded", rules=(none,))


def score_golden(settings: ReleaseSettings) -> Task:
    """The transform job that scores golden rows with the new version before it gets any traffic."""
    return ask_in_batch(
        "ScoreGolden",
        job_name="{% $plan.names.ScoreGolden %}",
        name_pattern=f"{settings.model}-scoregold-*",
        model_name="{% $plan.names.CreateModel %}",
        input_uri=ROWS,
        output_uri="{% $plan.uris.scores %}",
        records=RecordTypes.of(ROWS_TYPE, ROWS_TYPE),
        compute=settings.scoring_compute,
        catch=(taken("ScoreGolden"), TO_FAILURE),
        comment="Recorded questions, no traffic",
    )


def check_golden(settings: ReleaseSettings) -> Task:
    """The job that compares the answers with the expected ones."""
    return data_job(
        "CheckGolden",
        command="golden",
        label="compare",
        model=settings.model,
        role_arn="${CheckGoldenRole}",
        wheels="${DataWheels}",
        inputs={"rows": ROWS, "expected": EXPECTED, "predictions": "{% $plan.uris.scores %}"},
        outputs={"golden": "{% $plan.uris.report %}"},
        compute=settings.job_compute,
        network=settings.network,
        assign={"golden": VERDICT},
        comment="Every recorded answer within its tolerance",
    )
