"""The server process: starts, serves and shuts down."""

import asyncio
import contextlib
import importlib
import json
import logging
import os
import signal
import socket
import sys
import threading
import time
from collections.abc import Awaitable, Callable, Sequence
from types import ModuleType
from typing import Any

from mdlc_local import (
    authentication,
    cbor,
    children,
    control,
    credentials,
    environment,
    loopback,
    memory,
    options,
    patches,
)
from mdlc_local.options import HOST, Options

log = logging.getLogger("mdlc_local.server")

PARTS = (
    *(
        "authentication",
        "iam",
        "accounts",
        "resource_policies",
        "trust",
        "kms",
        "log_group_keys",
        "template_encryption",
        "checksums",
    ),
    *(
        "syntax_trees",
        "memory",
        "lambdas",
        "payload_limits",
        "rules",
        "event_buses",
        "event_entries",
        "states",
        "glue",
    ),
    "ecr",
    *(
        "sagemaker",
        "autoscaling",
        "code_build",
        "code_pipeline",
        "refused_operations",
        "log_queries",
        "cloudformation",
        "alarms",
        "api_gateway",
        "embedded_metrics",
        "monitoring",
    ),
)
"""The modules that patch ministack, each by its `install`; `iam` before those whose calls it records."""

_SHUTDOWN_SECONDS = 2.0
_WATCH_SECONDS = 0.5

Scope = dict[str, Any]
Receive = Callable[[], Awaitable[dict[str, Any]]]
Send = Callable[[dict[str, Any]], Awaitable[None]]


def main(arguments: Sequence[str]) -> int:
    """Run the server until it is stopped; returns the exit status (2 when it could not start)."""
    chosen = options.parse(arguments)
    listener = _listening(chosen.port)
    if listener is None:
        print(
            f"port {chosen.port} on {HOST} is taken: end what listens there or choose another with --port",
            file=sys.stderr,
        )
        return 2
    started = time.monotonic()
    options.use(chosen)
    environment.prepare(chosen.state_dir)
    credentials.create(chosen.state_dir)
    _log_to(chosen)
    environment.apply(chosen)
    try:
        versions = patches.check_versions()
        app = load()
        asyncio.run(_serve(app, chosen, listener, versions, started))
    except patches.PatchMovedError as moved:
        print(moved, file=sys.stderr)
        return 2
    finally:
        children.end_all()
        (chosen.state_dir / "ready.json").unlink(missing_ok=True)
    # ministack's worker threads are not daemons and may still wait for child processes, which have ended.
    logging.shutdown()
    os._exit(0)


def load() -> ModuleType:
    """Import ministack and apply all `PARTS`; returns its `app` module."""
    app = importlib.import_module("ministack.app")
    for part in PARTS:
        importlib.import_module(f"mdlc_local.{part}").install(app)
    return app


def _listening(port: int) -> socket.socket | None:
    """A socket that listens on the port, or None when the port is in use."""
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    try:
        listener.bind((HOST, port))
        # Two servers may both bind the port with SO_REUSEADDR, but only one can listen.
        listener.listen()
    except OSError:
        listener.close()
        return None
    return listener


class OneLine(logging.Formatter):
    """Escapes control characters, because messages contain callers' texts, which could forge log lines."""

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802
        """The line of a log record, without its traceback."""
        return "".join(
            character if character.isprintable() else f"\\u{ord(character):04x}"
            for character in super().formatMessage(record)
        )


def _log_to(chosen: Options) -> None:
    # Set before ministack is imported, which would otherwise log to the terminal.
    written = logging.FileHandler(chosen.state_dir / "server.log", errors="backslashreplace")
    written.setFormatter(OneLine("%(asctime)s %(levelname)s [%(name)s] %(message)s"))
    logging.basicConfig(level=logging.INFO, handlers=[written])
    # moto logs every failed state with its whole definition; the execution's history has the same facts.
    logging.getLogger("moto").setLevel(logging.CRITICAL)
    logging.getLogger("botocore").setLevel(logging.WARNING)


class _Gateway:
    """The ASGI application: answers the server's own paths and passes all others to ministack."""

    def __init__(self, application: Callable[[Scope, Receive, Send], Awaitable[None]]) -> None:
        self._application = application
        self.last_request = time.monotonic()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            if scope["path"].startswith(control.PREFIX):
                await control.answer(scope["method"], scope["path"], receive, send)
                return
            self.last_request = time.monotonic()
        await self._application(scope, receive, send)


async def _serve(
    app: ModuleType, chosen: Options, listener: socket.socket, versions: dict[str, str], started: float
) -> None:
    hypercorn = importlib.import_module("hypercorn.asyncio")
    config = importlib.import_module("hypercorn.config").Config()
    config.bind = [f"fd://{listener.detach()}"]
    config.keep_alive_timeout = 75
    config.graceful_timeout = _SHUTDOWN_SECONDS
    config.shutdown_timeout = _SHUTDOWN_SECONDS
    config.loglevel = "WARNING"
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, _stop_soon, stop)
    gateway = _Gateway(app.app)
    authenticated = authentication.Authentication(cbor.Cbor(gateway))
    loopback.serve(gateway, loop, chosen.endpoint)
    facts = {
        "endpoint": chosen.endpoint,
        "pid": os.getpid(),
        "started_at": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
        "versions": versions,
        "iam": chosen.iam,
    }
    control.route("GET", "health", lambda _: facts)
    watching = [
        asyncio.create_task(_report_ready(chosen, facts, started)),
        asyncio.create_task(_watch(chosen, gateway, stop)),
        asyncio.create_task(memory.give_back()),
    ]
    await hypercorn.serve(authenticated, config, shutdown_trigger=stop.wait)
    for task in watching:
        task.cancel()


def _stop_soon(stop: asyncio.Event) -> None:
    """Begin the shutdown: accept no requests, end child processes, and exit after a timeout in any case."""
    log.info("ending")
    stop.set()
    threading.Thread(target=children.end_all, daemon=True, name="end-children").start()
    hard_end = threading.Timer(3 * _SHUTDOWN_SECONDS, os._exit, (1,))
    hard_end.daemon = True
    hard_end.start()


async def _report_ready(chosen: Options, facts: dict[str, Any], started: float) -> None:
    """Write ready.json once the server answers over its socket."""
    request = f"GET {control.PREFIX}health HTTP/1.1\r\nHost: {HOST}\r\nConnection: close\r\n\r\n".encode()
    while True:
        with contextlib.suppress(OSError):
            reader, writer = await asyncio.open_connection(HOST, chosen.port)
            writer.write(request)
            await writer.drain()
            status = await reader.readline()
            writer.close()
            # The request is not signed, so it is rejected; any answer shows that the server is ready.
            if status.startswith(b"HTTP/1.1 "):
                break
        await asyncio.sleep(0.02)
    facts["start_seconds"] = round(time.monotonic() - started, 3)
    draft = chosen.state_dir / "ready.json.new"
    draft.write_text(json.dumps(facts, indent=1))
    draft.replace(chosen.state_dir / "ready.json")
    threading.Thread(target=_warm_up, daemon=True, name="warm-up").start()
    log.info("ready on %s after %s s", chosen.endpoint, facts["start_seconds"])


def _warm_up() -> None:
    try:
        importlib.import_module("mdlc_local.states").warm_up()
    except patches.PatchMovedError as moved:
        log.critical("%s", moved)
        print(moved, file=sys.stderr)
        os.kill(os.getpid(), signal.SIGTERM)
    log.info("warm")


async def _watch(chosen: Options, gateway: _Gateway, stop: asyncio.Event) -> None:
    """Stop the server when its parent has ended or it has been idle for too long."""
    while not stop.is_set():
        if chosen.parent_pid is not None and not _process_lives(chosen.parent_pid):
            log.info("parent process %d has ended", chosen.parent_pid)
            _stop_soon(stop)
        idle_minutes = (time.monotonic() - gateway.last_request) / 60
        if chosen.idle_minutes is not None and idle_minutes > chosen.idle_minutes:
            log.info("no request for %.1f minutes", idle_minutes)
            _stop_soon(stop)
        await asyncio.sleep(_WATCH_SECONDS)


def _process_lives(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    try:
        with open(f"/proc/{pid}/stat") as stat:
            return stat.read().rpartition(")")[2].split()[0] != "Z"
    except OSError:  # no /proc on this system
        return True
