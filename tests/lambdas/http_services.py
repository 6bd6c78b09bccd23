"""DynamoDB, SageMaker's endpoints and Lambda over HTTP, in memory: as much of each as a decision asks for."""

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, TypeVar
from urllib.parse import unquote

S = TypeVar("S", bound="Services")
Reply = tuple[int, dict[str, str], bytes]
Fault = Callable[[], Reply | None]
"""Runs before a call is served. Its reply is sent instead; without one the call goes on."""


class Drop(Exception):
    """Raised by a fault: the connection ends without an answer."""


def refusal(name: str, message: str = "", status: int = 400, *, item: dict[str, Any] | None = None) -> Reply:
    body = {"__type": f"com.amazonaws#{name}", "message": message, **({"Item": item} if item else {})}
    return status, {"content-type": "application/x-amz-json-1.0"}, json.dumps(body).encode()


def scored(score: Any, version: int = 7, variant: str = "main") -> Reply:
    body = json.dumps({"score": score, "version": version}) + "\n"
    return 200, {"x-Amzn-Invoked-Production-Variant": variant}, body.encode()


def model_error(status: int, message: str) -> Reply:
    kind = "client" if status < 500 else "server"
    said = f'Received {kind} error ({status}) from primary with message "{message}".'
    body = {"OriginalStatusCode": status, "Message": said, "OriginalMessage": message}
    return 424, {"x-amzn-errortype": "ModelError:http://internal.amazon.com/"}, json.dumps(body).encode()


@dataclass
class Services:
    url: str = ""
    tables: dict[str, dict[str, dict[str, Any]]] = field(default_factory=dict)
    keys: dict[str, str] = field(default_factory=dict)
    score: Callable[[dict[str, Any]], Reply] = lambda row: scored(0.5)
    act: Callable[[dict[str, Any]], Reply] = lambda payload: (200, {}, b"null")
    asked: list[tuple[str, Any, dict[str, str]]] = field(default_factory=list)
    faults: dict[str, list[Fault]] = field(default_factory=dict)
    connections: int = 0

    def count(self, name: str) -> int:
        return sum(asked == name for asked, _, _ in self.asked)

    def bodies(self, name: str) -> list[Any]:
        return [body for asked, body, _ in self.asked if asked == name]

    def table(self, name: str, key: str) -> dict[str, dict[str, Any]]:
        self.keys[name] = key
        return self.tables.setdefault(name, {})

    def serve(self, path: str, headers: dict[str, str], body: bytes) -> Reply:
        if path == "/":
            name = headers["x-amz-target"].partition(".")[2]
        elif path.startswith("/endpoints/"):
            name = "InvokeEndpoint"
        else:
            name = f"Invoke{headers['x-amz-invocation-type']}"
        content = json.loads(body)
        self.asked.append((name, content, {**headers, ":path": unquote(path)}))
        waiting = self.faults.get(name, [])
        reply = waiting.pop(0)() if waiting else None
        return reply or self._served(name, content)

    def _served(self, name: str, content: dict[str, Any]) -> Reply:
        if name == "InvokeEndpoint":
            return self.score(content)
        if name == "InvokeRequestResponse":
            return self.act(content)
        return (202, {}, b"") if name == "InvokeEvent" else self._dynamodb(name, content)

    def _dynamodb(self, name: str, request: dict[str, Any]) -> Reply:
        table = self.tables[request["TableName"]]
        key_name = self.keys[request["TableName"]]
        given = request.get("Item") or request["Key"]
        key = json.dumps(given[key_name])
        found = table.get(key)
        if name == "GetItem":
            return _json({"Item": found} if found else {})
        if name == "PutItem":
            assert request["ConditionExpression"] == "attribute_not_exists(#key)"
            assert request["ExpressionAttributeNames"] == {"#key": key_name}
            if found:
                shown = found if request["ReturnValuesOnConditionCheckFailure"] == "ALL_OLD" else None
                return refusal(
                    "ConditionalCheckFailedException", "The conditional request failed", item=shown
                )
            table[key] = request["Item"]
            return _json({})
        assert name == "UpdateItem" and request["UpdateExpression"] == "SET #name = :value"
        attribute = request["ExpressionAttributeNames"]["#name"]
        values = request["ExpressionAttributeValues"]
        item = table.setdefault(key, dict(request["Key"]))
        if item.get(attribute) == values[":unless"]:
            return refusal("ConditionalCheckFailedException", "The conditional request failed")
        item[attribute] = values[":value"]
        return _json({})


def _json(content: Any) -> Reply:
    return 200, {"content-type": "application/x-amz-json-1.0"}, json.dumps(content).encode()


@contextmanager
def running(services: S) -> Iterator[S]:
    """The services behind a port of this machine."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        # One segment an answer: with two, the kernel waits for an acknowledgement between them.
        wbufsize = -1

        def setup(self) -> None:
            services.connections += 1
            super().setup()

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            headers = {name.lower(): text for name, text in self.headers.items()}
            try:
                status, extra, content = services.serve(self.path, headers, body)
            except Drop:
                self.close_connection = True
                return
            self.send_response(status)
            for name, text in {**extra, "content-length": str(len(content))}.items():
                self.send_header(name, text)
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, format: str, *args: Any) -> None:
            """Tests speak for themselves."""

    class Server(ThreadingHTTPServer):
        daemon_threads = True

        def handle_error(self, request: Any, client_address: Any) -> None:
            """A caller that went away after its time is what some tests are about."""

    server = Server(("127.0.0.1", 0), Handler)
    services.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=lambda: server.serve_forever(poll_interval=0.01), daemon=True)
    thread.start()
    try:
        yield services
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
