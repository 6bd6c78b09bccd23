"""Adds to moto's Distributed Map: ItemBatcher, tolerated failures, and ResultWriter's files."""

import importlib
import json
import threading
from collections.abc import Callable
from typing import Any

from mdlc_local import patches
from mdlc_local.states import batching
from mdlc_local.states.acting import client_for

MAP = "moto.stepfunctions.parser.asl.component.state.exec.state_map"
COMPONENT = "distributed_iteration_component:DistributedIterationComponent"
ERRORS = "moto.stepfunctions.parser.asl.component.common.error_name"

Batchers = dict[str, batching.Batcher]

_lock = threading.Lock()
_batchers: dict[str, Batchers] = {}


def prepare(definition: dict[str, Any], language: str = "JSONPath") -> Batchers:
    """Change a definition, in place, so that moto can parse it; returns its batchers by state name.

    Args:
        definition: a machine, a branch or an item processor.
        language: the query language that it inherits.
    """
    batchers: Batchers = {}
    language = definition.get("QueryLanguage", language)
    for name, state in (definition.get("States") or {}).items():
        own = state.get("QueryLanguage", language)
        if state.get("Type") == "Map":
            if isinstance(state.get("ToleratedFailurePercentage"), int):
                # moto's grammar requires a decimal point.
                state["ToleratedFailurePercentage"] = float(state["ToleratedFailurePercentage"])
            if "ItemBatcher" in state:
                batchers[name] = batching.Batcher(state.pop("ItemBatcher"), own)
            batchers |= prepare(state.get("ItemProcessor") or state.get("Iterator") or {}, own)
        for branch in state.get("Branches") or []:
            batchers |= prepare(branch, own)
    return batchers


def remember(execution_arn: str, batchers: Batchers) -> None:
    """Register the batchers of an execution."""
    with _lock:
        _batchers[execution_arn] = batchers


def forget(execution_arn: str) -> None:
    """Remove the batchers of an execution that has ended."""
    with _lock:
        _batchers.pop(execution_arn, None)


def install() -> None:
    """Patch moto's Distributed Map."""
    patches.wrap(f"{MAP}.iteration.{COMPONENT}", "_map_run", "self env eval_input", _batching)
    writer = f"{MAP}.result_writer.resource_eval.resource_eval_s3:ResourceEvalS3"
    patches.take(writer, "_handle_put_object", "env resource_runtime_part state_credentials")
    patches.replace(writer, "_handle_put_object", staticmethod(_write_results))


def _batching(map_run: Callable[..., None]) -> Callable[..., None]:
    def batched_map_run(self: Any, env: Any, eval_input: Any) -> None:
        execution_arn = env.states.context_object.context_object_data["Execution"]["Id"]
        batcher = _batchers.get(execution_arn, {}).get(eval_input.state_name)
        if batcher:
            items = env.stack.pop()
            env.stack.append(batching.batches(items, batcher.values(env)))
        map_run(self, env, eval_input)
        failed = eval_input.map_run_record.item_counter.failed.get()
        total = eval_input.map_run_record.item_counter.total.get()
        count, percentage = eval_input.tolerated_failure_count, eval_input.tolerated_failure_percentage
        if not tolerable(failed, total, count, percentage):
            cause = "The specified tolerated failure threshold was exceeded"
            raise failure(env, "StatesExceedToleratedFailureThreshold", cause)

    return batched_map_run


def tolerable(failed: int, total: int, count: int, percentage: float) -> bool:
    """Whether a Map Run with `failed` of `total` children succeeds; a threshold of 0 is not set."""
    if not count and not percentage:
        return failed == 0
    within_count = not count or failed <= count
    return within_count and (not percentage or 100 * failed <= percentage * total)


def failure(env: Any, reserved: str, cause: str) -> Exception:
    """A failure of the Map state with one of the reserved error names of the States Language."""
    names = importlib.import_module(f"{ERRORS}.states_error_name_type").StatesErrorNameType
    name = importlib.import_module(f"{ERRORS}.states_error_name").StatesErrorName(typ=names[reserved])
    api = importlib.import_module("moto.stepfunctions.parser.api")
    events = importlib.import_module(f"{ERRORS}.failure_event")
    details = {"taskFailedEventDetails": api.TaskFailedEventDetails(error=name.error_name, cause=cause)}
    event = events.FailureEvent(
        env=env, error_name=name, event_type=api.HistoryEventType.MapRunFailed, event_details=details
    )
    raised: Exception = events.FailureEventException(failure_event=event)
    return raised


def _write_results(env: Any, resource_runtime_part: Any, state_credentials: Any) -> None:
    parameters, results = env.stack.pop(), env.stack.pop()
    s3 = client_for(resource_runtime_part.region, "s3", state_credentials)
    run_arn = env.map_run_record_pool_manager.get_all().pop().map_run_arn
    prefix = (parameters.get("Prefix") or "").rstrip("/")
    base = f"{prefix}/" if prefix else ""
    base += run_arn.split(":")[-1]
    body = json.dumps([{"Output": json.dumps(result), "Status": "SUCCEEDED"} for result in results]).encode()
    results_key, manifest_key = f"{base}/SUCCEEDED_0.json", f"{base}/manifest.json"
    s3.put_object(Bucket=parameters["Bucket"], Key=results_key, Body=body)
    manifest = {
        "DestinationBucket": parameters["Bucket"],
        "MapRunArn": run_arn,
        "ResultFiles": {"FAILED": [], "PENDING": [], "SUCCEEDED": [{"Key": results_key, "Size": len(body)}]},
    }
    s3.put_object(Bucket=parameters["Bucket"], Key=manifest_key, Body=json.dumps(manifest).encode())
    env.stack.append(
        {
            "MapRunArn": run_arn,
            "ResultWriterDetails": {"Bucket": parameters["Bucket"], "Key": manifest_key},
        }
    )
