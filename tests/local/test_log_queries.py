"""Queries of logs are applied as a whole, or refused."""

import time
import uuid

import pytest
from botocore.exceptions import ClientError

from tests.local.conftest import Clients


@pytest.fixture
def group(client: Clients) -> str:
    name = f"/queries/{uuid.uuid4().hex[:8]}"
    client("logs").create_log_group(logGroupName=name)
    client("logs").create_log_stream(logGroupName=name, logStreamName="s")
    events = [{"timestamp": int(time.time() * 1000), "message": text} for text in ("one | a", "two")]
    client("logs").put_log_events(logGroupName=name, logStreamName="s", logEvents=events)
    return name


def start(client: Clients, group: str, query: str) -> str:
    now = int(time.time())
    started = client("logs").start_query(
        logGroupName=group, startTime=now - 60, endTime=now + 60, queryString=query
    )
    return str(started["queryId"])


def test_a_query_that_is_understood_is_answered(client: Clients, group: str) -> None:
    query = start(client, group, "fields @message | filter @message like /one | a/ | limit 5")
    results = client("logs").get_query_results(queryId=query)["results"]
    assert [row[0]["value"] for row in results] == ["one | a"]


@pytest.mark.parametrize("query", ["stats count(*)", "fields @message | parse @message '*' as a"])
def test_a_command_that_would_be_passed_over_is_refused(client: Clients, group: str, query: str) -> None:
    with pytest.raises(ClientError, match=r"does not apply the command '(stats|parse)'"):
        start(client, group, query)
