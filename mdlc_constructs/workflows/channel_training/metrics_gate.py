"""The evaluation of a model that no holdout is scored for: the training job's final metrics. Pure data."""

import json

from mdlc_constructs.asl.states import Task
from mdlc_constructs.settings import Gate
from mdlc_constructs.tasks.training import describe_training_job
from mdlc_constructs.workflows.ending import TO_FAILURE

_READ = "$merge([{}, $states.result.FinalMetricDataList.{MetricName: Value}])"


def judge_metrics(model: str, gate: Gate) -> Task:
    """`Evaluate`: read the final metrics of the training job, and assign the gate's verdict.

    A metric that the job did not report does not pass. The direct call costs no job and no instance.
    """
    return describe_training_job(
        "Evaluate",
        job_name="{% $plan.names.Train %}",
        name_pattern=f"{model}-train-*",
        assign={"gate": f"{{% {_verdict(gate)} %}}"},
        output={},
        catch=(TO_FAILURE,),
        comment="The training job's own metrics against the gate",
    )


def _verdict(gate: Gate) -> str:
    """The JSONata expression of the verdict, in the form of a job's exit message."""
    checks = [(name, "at least", ">=", bound) for name, bound in gate.at_least.items()]
    checks += [(name, "at most", "<=", bound) for name, bound in gate.at_most.items()]
    sentences = ", ".join(_sentence(*check) for check in checks)
    return (
        # A list with one item would become the item.
        f"($metrics := {_READ}; $reasons := [{sentences}][$ != '']; "
        "{'passed': $count($reasons) = 0, 'reasons': [$reasons], 'metrics': $metrics})"
    )


def _sentence(name: str, side: str, passes: str, bound: float) -> str:
    """The JSONata expression of why a check fails; empty text when it passes."""
    key, value = json.dumps(name), f"$lookup($metrics, {json.dumps(name)})"
    missing = json.dumps(
        f"The training job reported no metric {name}: see its log, or give the image's metric definitions."
    )
    return (
        f"$exists({value}) ? ({value} {passes} {bound!r} ? '' : {key} & ' ' & $string({value}) & "
        f"' fails: asked was {side} {bound!r}.') : {missing}"
    )
