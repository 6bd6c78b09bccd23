from datetime import timedelta

import pytest

from lambdas.functions.reap_leases import handler
from lambdas.leases.fleet import open_fleet
from lambdas.leases.requests import LeaseRequest
from mdlc_constructs.settings.budget import Budget
from mdlc_constructs.settings.payloads.codec import encode
from mdlc_constructs.settings.payloads.retraining import FleetSettings
from tests.lambdas.dynamodb import FakeDynamoDB
from tests.lambdas.leases.test_fleet import TWO
from tests.lambdas.machines import FakeStepFunctions
from tests.lambdas.retraining import START


def test_what_a_dead_execution_holds_comes_back_and_the_next_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    table, machines = FakeDynamoDB(), FakeStepFunctions()
    budget = Budget(jobs=1, instances=1, lease=timedelta(minutes=30))
    settings = FleetSettings(table="audit", name="team", budget=budget.to_payload())
    event = encode(settings)
    monkeypatch.setattr(handler, "client", {"dynamodb": table, "stepfunctions": machines}.__getitem__)
    fleet = open_fleet(settings, table, machines)
    for number, model in enumerate(("flights", "trains")):
        token = f"t{number}"
        machines.waited.add(token)
        owner = machines.runs(f"{model}-retraining", "r")
        request = sharing_request(f"r{number}", model, owner, token)
        fleet.acquire(request, START)
    machines.ends("flights-retraining", "r", "ABORTED")
    for minutes, back in ((29, 0), (31, 1), (31, 0)):
        monkeypatch.setattr(handler, "utc_now", lambda minutes=minutes: START + timedelta(minutes=minutes))
        assert handler.handler(event, None) == {"evicted": back}
    assert [(token, answer["lease"]) for token, answer in machines.told] == [("t0", "Held"), ("t1", "Held")]


def sharing_request(request_id: str, model: str, owner: str, token: str) -> LeaseRequest:
    return LeaseRequest(request_id=request_id, model=model, owner=owner, arrived=START, task_token=token)


def test_a_budget_goes_through_a_rules_input() -> None:
    assert Budget.from_payload(TWO.to_payload()) == TWO
