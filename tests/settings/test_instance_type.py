import pytest

from mdlc_constructs.settings.instance_type import (
    USES,
    check_instance_type,
    has_local_storage,
    known_instance_types,
)
from scripts.generate_instance_types import (
    DISKS_UNNAMED,
    families_with_local_storage,
    instance_types,
)


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


def test_every_known_type_is_told_apart_by_where_its_data_lies() -> None:
    families = {name.rsplit(".", 1)[0] for name in known_instance_types()}
    expected = families_with_local_storage(families)
    assert {name.rsplit(".", 1)[0] for name in known_instance_types() if has_local_storage(name)} == set(
        expected
    )
    assert families >= DISKS_UNNAMED, "a family was listed that SageMaker does not offer"


@pytest.mark.parametrize(
    ("family", "local"),
    [
        *(
            (name, True)
            for name in ("m5d", "c5d", "r5d", "m6gd", "m7gd", "r5dn", "g4dn", "p3dn", "p4d", "p4de")
        ),
        *((name, True) for name in ("g5", "g6e", "p5en", "p6-b200", "trn1n")),
        *((name, False) for name in ("m5", "c5n", "m7i-flex", "r6i", "p3", "p2", "inf2", "t3", "c4")),
    ],
)
def test_a_family_with_local_storage_is_known_by_its_name_or_listed(family: str, local: bool) -> None:
    assert bool(families_with_local_storage([f"ml.{family}"])) == local
