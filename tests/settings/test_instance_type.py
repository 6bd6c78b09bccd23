import pytest

from mdlc_constructs.settings.instance_type import USES, check_instance_type, known_instance_types
from scripts.generate_instance_types import instance_types


def test_the_vendored_table_is_what_the_locked_botocore_says() -> None:
    said = instance_types()
    for use in USES:
        flat = {f"{family}.{size}" for family, sizes in said[use].items() for size in sizes}
        assert known_instance_types(use) == flat


@pytest.mark.parametrize(
    ("value", "use", "remedy"),
    [
        ("m5.large", None, "did you mean 'ml.m5.large'"),
        ("ml.m5.gigantic", None, "ml.m5."),
        ("ml.m5.xlarg", "training", "did you mean 'ml.m5.xlarge'"),
        ("ml.trn1.2xlarge", "processing", "no such instance type for processing"),
    ],
)
def test_impossible_types_are_refused(value: str, use: str | None, remedy: str) -> None:
    with pytest.raises(ValueError, match="instance_type=") as error:
        check_instance_type("instance_type", value, use)
    assert remedy in str(error.value)


def test_a_token_is_not_looked_up() -> None:
    check_instance_type("instance_type", "${Token[TOKEN.1]}", "training")
