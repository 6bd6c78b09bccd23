from mdlc_cli.conformance.masking import masked


def test_accounts_regions_ids_times_and_keys_are_replaced() -> None:
    text = (
        "arn:aws:sagemaker:eu-west-1:123456789012:model/x at 2026-01-02T03:04:05.678Z, Request ID: abc-1, "
        "6f1c2b3a-1111-2222-3333-444455556666, AKIAABCDEFGHIJKLMNOP"
    )
    expected = "arn:aws:sagemaker:<region>:<account>:model/x at <time>, Request ID: <id>, <uuid>, <key>"
    assert masked({text: [text, 5, None]}) == {expected: [expected, 5, None]}


def test_the_longest_name_is_replaced_first() -> None:
    assert (
        masked("run-1-group of run-1", [("run-1", "<run>"), ("run-1-group", "<Group>")]) == "<Group> of <run>"
    )
