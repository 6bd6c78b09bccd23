"""MLflow's tracking server in memory: the routes that a training asks, with the checks that MLflow makes.

Source of the formats: https://mlflow.org/docs/latest/rest-api.html
"""

import json
import re
from dataclasses import dataclass, field
from typing import Any

from tests.lambdas.http_services import Reply, Services

ROOT = "/api/2.0/mlflow/"
_NAME = re.compile(r"[/\w.\- ]{1,250}")
_FILTER = re.compile(r"(?P<key>name|attributes\.run_name|tags\.\w+) = '(?P<value>[^']*)'")


def refused(code: str, message: str, status: int = 400) -> Reply:
    return status, {}, json.dumps({"error_code": code, "message": message}).encode()


@dataclass
class MlflowServer(Services):
    experiments: dict[str, str] = field(default_factory=dict)
    deleted: set[str] = field(default_factory=set)
    runs: dict[str, dict[str, Any]] = field(default_factory=dict)

    def serve(self, path: str, headers: dict[str, str], body: bytes) -> Reply:
        assert path.startswith(ROOT), path
        route = path.removeprefix(ROOT)
        request = json.loads(body)
        self.asked.append((route, request, {**headers, ":path": path, ":body": body.decode()}))
        waiting = self.faults.get(route, [])
        reply = waiting.pop(0)() if waiting else None
        return reply or self._answered(route, request)

    def run(self) -> dict[str, Any]:
        """The only run."""
        (one,) = self.runs.values()
        return one

    def add_run(self, experiment: str, name: str, tags: dict[str, str]) -> dict[str, Any]:
        """A run as `runs/create` makes it."""
        run_id = f"{len(self.runs) + 1:032x}"
        self.runs[run_id] = {
            "experiment": experiment,
            "name": name,
            "status": "RUNNING",
            "tags": dict(tags),
            "params": {},
            "metrics": {},
        }
        return self.runs[run_id]

    def _answered(self, route: str, request: dict[str, Any]) -> Reply:
        match route:
            case "experiments/search":
                name = _condition(request["filter"], "name")
                assert request["view_type"] == "ACTIVE_ONLY" and 0 < request["max_results"] <= 1000
                found = [] if name in self.deleted or name not in self.experiments else [name]
                return _json({"experiments": [self._experiment(each) for each in found]} if found else {})
            case "experiments/create":
                if request["name"] in self.experiments:
                    return refused(
                        "RESOURCE_ALREADY_EXISTS", f"Experiment '{request['name']}' already exists."
                    )
                self.experiments[request["name"]] = str(len(self.experiments) + 1)
                return _json({"experiment_id": self.experiments[request["name"]]})
            case "runs/search":
                return self._search(request)
            case "runs/create":
                assert request["experiment_id"] in self.experiments.values()
                assert request["start_time"] > 1_500_000_000_000
                self.add_run(request["experiment_id"], request["run_name"], _pairs(request["tags"]))
                return _json({"run": self._told(list(self.runs)[-1])})
            case "runs/log-batch":
                return self._log(request)
            case "runs/update":
                self.runs[request["run_id"]] |= {"status": request["status"], "ended": request["end_time"]}
                return _json({"run_info": {}})
            case _:
                return refused("ENDPOINT_NOT_FOUND", route, 404)

    def _search(self, request: dict[str, Any]) -> Reply:
        assert request["run_view_type"] == "ACTIVE_ONLY"
        match = _FILTER.fullmatch(request["filter"])
        if match is None:
            return refused("INVALID_PARAMETER_VALUE", f"Invalid filter: {request['filter']}")
        kind, _, key = match["key"].partition(".")
        found = [
            run_id
            for run_id, run in self.runs.items()
            if run["experiment"] in request["experiment_ids"]
            and match["value"] == (run["name"] if kind == "attributes" else run["tags"].get(key))
        ]
        return _json(
            {"runs": [self._told(run_id) for run_id in found[: request["max_results"]]]} if found else {}
        )

    def _log(self, request: dict[str, Any]) -> Reply:
        run = self.runs[request["run_id"]]
        params, tags = _pairs(request.get("params", [])), _pairs(request.get("tags", []))
        metrics = request.get("metrics", [])
        assert len(params) <= 100 and len(tags) <= 100 and len(metrics) <= 1000
        for name in (*params, *tags, *(metric["key"] for metric in metrics)):
            if not _NAME.fullmatch(name):
                return refused("INVALID_PARAMETER_VALUE", f"Invalid name: {name!r}")
        for name, value in params.items():
            if run["params"].get(name, value) != value:
                return refused("INVALID_PARAMETER_VALUE", f"Changing param values is not allowed: {name}")
        for metric in metrics:
            assert isinstance(metric["timestamp"], int) and metric["step"] == 0
            run["metrics"].setdefault(metric["key"], []).append(metric["value"])
        run["params"] |= params
        run["tags"] |= tags
        return _json({})

    def _experiment(self, name: str) -> dict[str, Any]:
        return {"experiment_id": self.experiments[name], "name": name, "lifecycle_stage": "active"}

    def _told(self, run_id: str) -> dict[str, Any]:
        run = self.runs[run_id]
        data = {
            kind: [{"key": key, "value": value} for key, value in run[kind].items()]
            for kind in ("tags", "params")
        }
        data["metrics"] = [
            {"key": key, "value": values[-1], "timestamp": 1, "step": 0}
            for key, values in run["metrics"].items()
        ]
        # MLflow leaves empty lists out.
        return {
            "info": {"run_id": run_id, "run_name": run["name"], "experiment_id": run["experiment"]},
            "data": {key: items for key, items in data.items() if items},
        }


def _condition(text: str, key: str) -> str:
    match = _FILTER.fullmatch(text)
    assert match is not None and match["key"] == key, text
    return match["value"]


def _pairs(items: list[dict[str, str]]) -> dict[str, str]:
    assert all(isinstance(item["value"], str) for item in items)
    return {item["key"]: item["value"] for item in items}


def _json(content: dict[str, Any]) -> Reply:
    return 200, {"content-type": "application/json"}, json.dumps(content).encode()
