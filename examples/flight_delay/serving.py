"""The middle of the demo: the model is released, golden rows are recorded, requests are sent over HTTP."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from rich.console import Console
from rich.table import Table

from examples.flight_delay import following
from examples.flight_delay.asking import Api, Asked, Row, drawn, in_turn, quantile, reached_at
from mdlc_cli.aws.target import Target
from mdlc_cli.decisions import golden
from mdlc_cli.decisions.golden import Golden
from mdlc_cli.errors import CommandError
from mdlc_cli.output import progress
from mdlc_cli.output.terminal import line

GOLDEN_ROWS, ASKED, SHOWN = 40, 48, 8
MAX_DIFFERENCE = 1e-6


@dataclass(frozen=True, kw_only=True)
class Scene:
    """The state once a model is trained and released, and a month is scored in a batch.

    Attributes:
        outputs: the stack's outputs.
        rows: the month's flights as in the batch.
        scores: the batch's score of each flight.
        version: the version that serves.
        name: prefix of this run's request ids.
    """

    out: Console
    chosen: Target
    outputs: Mapping[str, str]
    rows: Sequence[Row]
    scores: Mapping[str, float]
    version: int
    name: str

    @property
    def api(self) -> Api:
        """The decision API."""
        return reached_at(self.chosen, self.outputs["DecisionsUrl"])

    def say(self, text: str = "") -> None:
        """Print a line."""
        self.out.print(text, markup=False)


def serves(chosen: Target, version: int) -> bool:
    """Whether the endpoint is in service with the given version."""
    sagemaker = chosen.client("sagemaker")
    endpoints = sagemaker.list_endpoints(NameContains=following.MODEL, StatusEquals="InService")["Endpoints"]
    if following.MODEL not in [summary["EndpointName"] for summary in endpoints]:
        return False
    config = endpoint(chosen)[1]
    variant = sagemaker.describe_endpoint_config(EndpointConfigName=config)["ProductionVariants"][0]
    stamp = sagemaker.describe_model(ModelName=variant["ModelName"])["Containers"][-1]
    return bool(stamp["Environment"]["MDLC_MODEL_VERSION"] == str(version))


def release_first(out: Console, chosen: Target, version: int, known: set[str], *, trained: bool) -> None:
    """Follow the release that the approval of a newly trained version started, or run one if needed.

    Raises:
        CommandError: the release failed.
    """
    if not trained and serves(chosen, version):
        out.print(line((f"{following.MODEL}-release", "bold"), f"\n  not needed: version {version} serves"))
        return
    if not trained:
        following.run(out, chosen, "release", {"package_version": version, "reason": "make demo"})
        return
    name = f"{following.MODEL}-release"
    out.print(line((name, "bold"), f", started by the approval of version {version}"))
    result = following.watched(out, chosen, following.started_by_event(chosen, known))
    if not result.succeeded:
        raise CommandError(f"version {version} was not released ({result.error}: {result.cause})")


def record_golden(scene: Scene) -> None:
    """Record the month's first flights as golden rows, with the batch's scores as expected answers."""
    rows = scene.rows[:GOLDEN_ROWS]
    recorded = [
        Golden(key=str(row["flight_id"]), row=row, expected=scene.scores[str(row["flight_id"])])
        for row in rows
    ]
    with progress.step("recording golden rows") as step:
        golden.write(scene.chosen, scene.outputs["BucketName"], recorded)
        step.summary = f"the first {len(recorded)} flights of December with their batch scores"


def ask_first(scene: Scene) -> list[Asked]:
    """Request decisions for some flights over HTTP and print the responses.

    Raises:
        CommandError: a request got no decision, or its score differs from the batch's.
    """
    rows = drawn(scene.rows, ASKED, seed=1)
    asked = in_turn(scene.api, f"{scene.name}-first", rows)
    how = " asked over HTTP, signed, with what a passenger's app knows"
    scene.out.print(line(("\nRebook or wait?", "bold"), how))
    table = Table("flight", "to", "departure", "score", "decision", "ms", box=None, padding=(0, 2))
    for row, call in list(zip(rows, asked, strict=True))[:SHOWN]:
        if call.answered:
            score, decision = call.answer["score"], str(call.answer["decision"])
            at, took = str(row["time_hour"])[:16], f"{call.seconds * 1000:.0f}"
            shown = "none" if score is None else f"{score:.3f}"
            table.add_row(call.flight_id, str(row["destination"]), at, shown, decision, took)
    scene.out.print(table)
    refused = [call for call in asked if not call.answered]
    if refused:
        raise CommandError(
            f"{len(refused)} of {len(asked)} requests got no decision: {dict(refused[0].answer)}"
        )
    rebooked = sum(call.answer["decision"] == "rebook" for call in asked)
    first, *warm = (call.seconds * 1000 for call in asked)
    scene.say(
        f"{len(asked)} flights, {rebooked} to rebook; p50 {quantile(warm, 0.5):.0f} ms, "
        f"p99 {quantile(warm, 0.99):.0f} ms, {first:.0f} ms for the first one (functions may have to start)"
    )
    scored = [call for call in asked if call.answer["score"] is not None]
    other = [
        call for call in scored if abs(call.answer["score"] - scene.scores[call.flight_id]) > MAX_DIFFERENCE
    ]
    if other or not scored:
        raise CommandError(
            f"{len(other)} of {len(scored)} scores are not the batch's, such as that of flight "
            f"{(other or asked)[0].flight_id}: look at its record in {scene.outputs['DecisionTableName']}"
        )
    scene.say("Every score is the one of batch inference: the feature program travels with the model.")
    return asked


def package(chosen: Target, arn: str) -> dict[str, Any]:
    """A model package as the registry describes it."""
    described: dict[str, Any] = chosen.client("sagemaker").describe_model_package(ModelPackageName=arn)
    return described


def endpoint(chosen: Target) -> tuple[str, str]:
    """The status of the endpoint, and the configuration that it serves."""
    described = chosen.client("sagemaker").describe_endpoint(EndpointName=following.MODEL)
    return described["EndpointStatus"], described["EndpointConfigName"]
