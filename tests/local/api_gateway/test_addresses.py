"""The ways to reach an API."""

from urllib.parse import urlsplit

from tests.local.api_gateway.gateway import GOOD, Stack, send, signed


def test_by_the_name_that_the_template_outputs(stack: Stack) -> None:
    host = urlsplit(stack.outputs["Url"]).netloc
    answer = send(f"{stack.server.endpoint}/live/decisions", GOOD, {"Host": host})
    assert answer.json["decision"] == "rebook"


def test_signed_for_the_name_that_the_template_outputs(stack: Stack) -> None:
    url = stack.outputs["Url"] + "signed"
    headers = signed(url, GOOD, stack.server.credentials) | {"Host": urlsplit(url).netloc}
    assert send(f"{stack.server.endpoint}/live/signed", GOOD, headers).status == 200


def test_the_list_of_apis(stack: Stack) -> None:
    (listed,) = [api for api in stack.server.control("GET", "apis") if api["api"] == stack.outputs["Api"]]
    assert (listed["name"], listed["stage"]) == (stack.name, "live")
    assert listed["aws"] + "/" == stack.outputs["Url"]
    assert send(listed["local"] + "/decisions", GOOD).status == 200


def test_no_such_path_stage_or_api(stack: Stack) -> None:
    nowhere = stack.post("/nowhere")
    assert (nowhere.status, nowhere.json) == (403, {"message": "Missing Authentication Token"})
    api = f"{stack.server.endpoint}/_aws/execute-api/{stack.outputs['Api']}"
    assert send(f"{api}/other/decisions", GOOD).status == 403
