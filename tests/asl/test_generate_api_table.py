import json

from mdlc_constructs.asl.generate_api_table import OPERATIONS, TABLE, generate


def test_the_table_is_that_of_the_locked_botocore() -> None:
    assert TABLE.read_text(encoding="utf-8") == generate(), (
        "the table is stale; run: python -m mdlc_constructs.asl.generate_api_table"
    )


def test_the_table_is_small_enough_to_be_read_at_every_synth() -> None:
    assert TABLE.stat().st_size < 100_000
    operations = json.loads(TABLE.read_text(encoding="utf-8"))["operations"]
    assert len(operations) == sum(len(names) for names in OPERATIONS.values())
