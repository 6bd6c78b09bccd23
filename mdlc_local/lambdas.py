"""Lambda functions as child processes: error names as on AWS, a concurrency limit, logs by the role."""

import contextlib
import contextvars
import importlib
import logging
import os
import queue
import re
import subprocess
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from types import ModuleType
from typing import Any

from mdlc_local import children, clients, credentials, environment, iam, options, patches, payload_limits

log = logging.getLogger("mdlc_local.lambdas")

RUNTIME = "ministack.core.lambda_runtime"
SERVICE = "ministack.services.lambda_svc"

WAIT_SECONDS = 300.0
"""How long an invocation waits for a free slot before it runs in excess of the limit."""

PATIENCE_SECONDS = 0.1
"""How long an invocation waits for a busy process of its function before it starts another process."""

IDLE_SECONDS = 120.0
"""Seconds without an invocation after which a function's processes end; the next one is a cold start."""

_ERROR_LINE = 'json.dumps({"status": "error", "error": str(e), "trace": traceback.format_exc()})'
_INIT_LINE = """    except Exception as e:
        _real_stdout.write(json.dumps({"status": "error", "error": str(e)}) + "\\n")"""
_INIT_FAILURE = re.compile(r"^Worker init failed: mdlc:(?P<type>[\w.]+):(?P<message>.*)$", re.DOTALL)

_DIED = ("Worker process died",)
"""Ministack's error messages for a function whose process ended during an invocation."""

_RESULT_LINE = "            result = handler_fn(event, context)"
_LAST_LINE = "        _real_stdout.flush()\n\nrun()"
_END = "\x01mdlc-end-of-invocation"
_LOG_SECONDS = 0.25

_failure: contextvars.ContextVar[dict[str, Any] | None] = contextvars.ContextVar("mdlc_failure", default=None)


def at_once() -> int:
    """The most functions that run at the same time; each is a process that imports boto3."""
    return max(8, 4 * (os.cpu_count() or 1))


class _OwnChildren:
    """Replaces `subprocess` in ministack's Lambda runtime, so that its processes end with this server."""

    Popen = staticmethod(children.start)

    def __getattr__(self, name: str) -> Any:
        return getattr(subprocess, name)


def install(app: ModuleType) -> None:
    """Patch ministack's Lambda functions."""
    del app
    if patches.take(RUNTIME, "subprocess") is not subprocess:
        raise patches.PatchMovedError(f"{RUNTIME} no longer starts functions through the subprocess module")
    patches.replace(RUNTIME, "subprocess", _OwnChildren())
    for module in (RUNTIME, SERVICE):
        if patches.take(module, "os") is not os:
            raise patches.PatchMovedError(f"{module} no longer reads the environment through the os module")
        patches.replace(module, "os", environment.OsOfFunctions())
        patches.take(module, "execution_credentials", "config")
        patches.replace(module, "execution_credentials", execution_credentials)
    _name_errors()
    _mark_ends()
    patches.wrap(SERVICE, "reap_idle_workers", "ttl", _last_ones_too)
    patches.wrap(SERVICE, "_execute_function_warm", "func event request_id", _bounded)
    patches.wrap(
        SERVICE, "_emit_lambda_logs", "func request_id log_text error duration_ms log_source", _logged_by_role
    )


def execution_credentials(config: dict[str, Any]) -> dict[str, str]:
    """A function's credentials; ministack derives them from names only, so anyone could compute them."""
    account = config["FunctionArn"].split(":")[4]
    if not options.current().iam:
        return credentials.of_account(account)
    role = config.get("Role") or f"arn:aws:iam::{account}:role/none"
    return clients.role_credentials(role, config["FunctionName"])


def worker_script(original: str) -> str:
    """Ministack's script that runs Python functions, changed to report an exception's class and stack.

    Raises:
        PatchMovedError: when the script no longer contains the lines to replace.
    """
    for line in (_ERROR_LINE, _INIT_LINE, _LAST_LINE, _RESULT_LINE):
        if original.count(line) != 1:
            raise patches.PatchMovedError(
                f"{RUNTIME}._PYTHON_WORKER_SCRIPT no longer contains {line.strip()!r} once"
            )
    flushed = "\n        sys.stdout.flush()\n        sys.stderr.flush()"
    ending = _LAST_LINE.replace(
        "\n\nrun()", f"{flushed}\n        os.write(2, {_END + chr(10)!r}.encode())\n\nrun()"
    )
    # Reported as a result, because ministack ends a process that reports an error, which Lambda does not.
    named = (
        'json.dumps({"status": "ok", "result": None, "raised": {'
        '"error": str(e), "errorType": type(e).__name__, '
        '"stackTrace": traceback.format_tb(e.__traceback__)[1:], "trace": traceback.format_exc()}})'
    )
    # Lambda's error types for a module that cannot be imported and for a handler that it does not contain.
    init = """    except Exception as e:
        _kind = "Runtime.HandlerNotFound" if isinstance(e, AttributeError) else "Runtime.ImportModuleError"
        _message = f"Unable to import module '{module_name}': {e}" if _kind.endswith("Error") else str(e)
        _real_stdout.write(json.dumps({"status": "error", "error": f"mdlc:{_kind}:{_message}"}) + "\\n")"""
    # Lambda sends bytes unchanged: a function that returns JSON as bytes returns that JSON.
    result = f"""{_RESULT_LINE}
            if isinstance(result, bytes):
                result = result.decode("utf-8", "replace")
                try:
                    result = json.loads(result)
                except ValueError:
                    pass"""
    replaced = original.replace(_ERROR_LINE, named).replace(_INIT_LINE, init)
    return replaced.replace(_LAST_LINE, ending).replace(_RESULT_LINE, result)


def _name_errors() -> None:
    """Report an exception's class as the error name, so that Retry and Catch match it as on AWS."""
    script = patches.take(RUNTIME, "_PYTHON_WORKER_SCRIPT")
    patches.replace(RUNTIME, "_PYTHON_WORKER_SCRIPT", worker_script(script))

    def keeping(invoke: Callable[..., dict[str, Any]]) -> Callable[..., dict[str, Any]]:
        def invoking(self: Any, *arguments: Any, **keywords: Any) -> dict[str, Any]:
            answer = invoke(self, *arguments, **keywords)
            raised = answer.pop("raised", None)
            if raised is not None:
                answer = {**answer, **raised, "status": "error"}
            _failure.set(answer if answer.get("status") == "error" else None)
            return answer

        return invoking

    patches.wrap(
        f"{RUNTIME}:Worker",
        "invoke",
        "self event request_id trace_id depth durable invoked_function_arn",
        keeping,
    )


def _mark_ends() -> None:
    """Read a function's output up to an end mark; ministack would wait 50 ms for possible output."""

    def reading(drain: Callable[..., str]) -> Callable[..., str]:
        def read(
            self: Any, first_line_wait: float = 0.05, idle_confirm: float = 0.005, hard_cap: float = 0.25
        ) -> str:
            if not str(self.config.get("Runtime", "python3")).startswith("python"):
                return drain(self, first_line_wait, idle_confirm, hard_cap)
            lines: list[str] = []
            deadline = time.monotonic() + _LOG_SECONDS
            with contextlib.suppress(queue.Empty):
                while True:
                    line = self._stderr_queue.get(timeout=max(0.0, deadline - time.monotonic()))
                    before, mark, _ = line.partition(_END)
                    if before or not mark:
                        lines.append(before)
                    if mark:
                        break
            return "\n".join(lines)

        return read

    patches.wrap(
        f"{RUNTIME}:Worker", "_drain_stderr_bounded", "self first_line_wait idle_confirm hard_cap", reading
    )


def _last_ones_too(reap: Callable[..., int]) -> Callable[..., int]:
    """End an idle function's last process as well; ministack never ends it."""
    runtime = importlib.import_module(RUNTIME)
    for name in ("_workers", "_lock"):
        patches.take(RUNTIME, name)
    patches.take(RUNTIME, "kill_workers", "workers")

    def reap_all(ttl: float | None = None) -> int:
        ended = reap(ttl)
        with runtime._lock:
            workers = [
                worker for key in idle(runtime._workers, time.time()) for worker in runtime._workers.pop(key)
            ]
        runtime.kill_workers(workers)
        return ended + len(workers)

    return reap_all


def idle(functions: Mapping[str, Sequence[Any]], now: float) -> list[str]:
    """The functions whose processes are all unused, and have been for `IDLE_SECONDS`.

    Args:
        functions: each function's processes, with `in_use` and `last_used` (in seconds, like `now`).
        now: the current time.
    """
    return [
        name
        for name, processes in functions.items()
        if all(not worker.in_use and now - worker.last_used > IDLE_SECONDS for worker in processes)
    ]


class Places:
    """Counts one function's processes; an invocation waits `PATIENCE_SECONDS` before it starts another."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._started = 0
        self._taken = 0

    def __enter__(self) -> None:
        with self._changed:
            self._changed.wait_for(lambda: self._taken < max(self._started, 1), timeout=PATIENCE_SECONDS)
            self._taken += 1
            self._started = max(self._started, self._taken)

    def __exit__(self, *_: object) -> None:
        with self._changed:
            self._taken -= 1
            self._changed.notify()


def _bounded(execute: Callable[..., dict[str, Any]]) -> Callable[..., dict[str, Any]]:
    """Limit the functions that run at once.

    A function that is invoked by a function does not count, because otherwise both could wait for a slot.
    """
    turns = threading.BoundedSemaphore(at_once())
    depth = patches.take(SERVICE, "_invoke_depth")
    places: defaultdict[str, Places] = defaultdict(Places)

    def bounded(func: dict[str, Any], event: Any, request_id: str) -> dict[str, Any]:
        nested = depth.get() > 1
        has_turn = not nested and turns.acquire(timeout=WAIT_SECONDS)
        arn = (func.get("config") or func).get("FunctionArn", "")
        try:
            with contextlib.nullcontext() if nested else places[arn]:
                _failure.set(None)
                return _named(payload_limits.answered(execute(func, event, request_id)), request_id)
        finally:
            if has_turn:
                turns.release()

    return bounded


def _named(result: dict[str, Any], request_id: str) -> dict[str, Any]:
    """The result of an invocation, with the error's type and stack trace as Lambda reports them."""
    body, failure = result.get("body"), _failure.get() or {}
    if not result.get("error") or not isinstance(body, dict):
        return result
    if failure.get("errorType") and body.get("errorType") == "Runtime.HandlerError":
        body["errorType"] = failure["errorType"]
        body["requestId"] = request_id
        body["stackTrace"] = failure.get("stackTrace", [])
    if body.get("errorMessage") in _DIED:
        # Lambda's error type and message for a process that ended without an answer.
        body.update(
            errorMessage=f"RequestId: {request_id} Error: Runtime exited with error: signal: killed",
            errorType="Runtime.ExitError",
        )
    initial = _INIT_FAILURE.match(str(body.get("errorMessage")))
    if initial:
        body.update(
            errorMessage=initial["message"], errorType=initial["type"], requestId=request_id, stackTrace=[]
        )
        result["log"] = f"[ERROR] {initial['type']}: {initial['message']}"
    return result


def _logged_by_role(emit: Callable[..., None]) -> Callable[..., None]:
    """Write a function's output to `logs/`, and to CloudWatch Logs if its role allows that, as on AWS."""
    folder = options.current().state_dir / "logs"
    folder.mkdir(parents=True, exist_ok=True)

    def emit_as_role(
        func: dict[str, Any],
        request_id: str,
        log_text: str,
        error: bool,
        duration_ms: int,
        *,
        log_source: str | None = None,
    ) -> None:
        config = func.get("config") or func
        outcome = "failed" if error else "ended"
        with (folder / f"{config['FunctionName']}.log").open("a", errors="replace") as file:
            file.write(f"{request_id} {outcome} after {duration_ms} ms\n{log_text}\n")
        if _may_log(config):
            emit(func, request_id, log_text, error, duration_ms, log_source=log_source)

    return emit_as_role


def _may_log(config: dict[str, Any]) -> bool:
    group = (config.get("LoggingConfig") or {}).get("LogGroup") or f"/aws/lambda/{config['FunctionName']}"
    parts = config["FunctionArn"].split(":")
    region, account = parts[3], parts[4]
    stream = f"arn:aws:logs:{region}:{account}:log-group:{group}:log-stream:{config['FunctionName']}"
    exists = group in importlib.import_module("ministack.services.cloudwatch_logs")._log_groups
    actions = ["logs:CreateLogStream", "logs:PutLogEvents", *(() if exists else ("logs:CreateLogGroup",))]
    for action in actions:
        reason = iam.denial(
            config.get("Role", ""), action, stream, region=region, session=config["FunctionName"]
        )
        if reason is not None:
            log.warning("%s writes no logs: %s", config["FunctionName"], reason)
            return False
    return True
