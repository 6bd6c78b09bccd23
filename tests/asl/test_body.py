from types import MappingProxyType

from mdlc_constructs.asl.body import Body, plain, put


def test_only_what_is_set_is_put_and_in_order() -> None:
    body: Body = {"Type": "Pass"}
    put(body, Output={}, Assign=None, Next="A")
    assert list(body.items()) == [("Type", "Pass"), ("Output", {}), ("Next", "A")]


def test_any_mapping_becomes_what_json_takes() -> None:
    assert type(plain(MappingProxyType({"a": 1}))) is dict
    assert plain("{% $x %}") == "{% $x %}"
    assert plain(None) is None
