"""Runs a sample of a fleet in real state machines: three models on the embedded AWS, one job at a time.

Each is started several times at once, as in a burst of triggers. The numbers of entered states come from the
execution histories, and the table of leases is checked continuously.
"""

import os
import tempfile
import threading
import time
from pathlib import Path

from benchmarks.sample import Sample
from mdlc_cli.aws import local
from tests.end_to_end.aws import TIME_SCALE, Aws
from tests.end_to_end.retraining import Retraining
from tests.end_to_end.team import Team
from tests.end_to_end.team_retraining import Retrained

MODELS = (
    Retrained(team=Team(model="north"), serves=True),
    Retrained(team=Team(model="south")),
    Retrained(team=Team(model="west")),
)
STARTS = 3
LABELLED = "2013-12-20"
"""The time until which the synthetic orders have labels."""
LOOK_EVERY_SECONDS = 0.1


def taken(models: tuple[Retrained, ...] = MODELS) -> Sample:
    """Deploy the models, start them, and count their states."""
    with tempfile.TemporaryDirectory(prefix="mdlc-fleet-") as name:
        folder = Path(name)
        server, _ = local.up(
            folder, parent_pid=os.getpid(), extra_arguments=("--time-scale", str(TIME_SCALE))
        )
        try:
            stack = Retraining(Aws(server=server, folder=folder), folder)
            stack.deploy(*models)
            for seed, model in enumerate(models, start=3):
                stack.upload(model, seed=seed, rows=900, files=1)
            return _started(stack, models)
        finally:
            local.down(folder)


def _started(stack: Retraining, models: tuple[Retrained, ...]) -> Sample:
    sample = Sample(models=len(models), starts=STARTS, time_scale=TIME_SCALE)
    over = threading.Event()
    looking = threading.Thread(target=_look, args=(stack, sample, over))
    looking.start()
    try:
        began = time.monotonic()
        starts = [
            stack.start(model, reason=f"start {number}", labelled_until=LABELLED)
            for number in range(STARTS)
            for model in models
        ]
        for arn in starts:
            execution = stack.aws.wait(arn)
            if execution.status != "SUCCEEDED":
                raise RuntimeError(f"{arn} {execution.status}: {execution.error}: {execution.cause}")
            sample.add("retraining", execution.output.get("outcome") or execution.error, execution.states)
        for model in models:
            stack.settled(model)
        sample.seconds = time.monotonic() - began
    finally:
        over.set()
        looking.join()
    for model in models:
        for workflow in ("training", *(("release",) if model.serves else ())):
            for arn in stack.executions(model, workflow):
                done = stack.aws.wait(arn)
                sample.add(workflow, done.output.get("outcome") or done.error, done.states)
    return sample


def _look(stack: Retraining, sample: Sample, over: threading.Event) -> None:
    while not over.wait(LOOK_EVERY_SECONDS):
        total = stack.leases("TOTAL")
        held = max((int(item.get("used_jobs", "0")) for item in total), default=0)
        sample.looks, sample.most = sample.looks + 1, max(sample.most, held)
