import pytest

from mdlc_constructs.settings.instance_type import (
    USES,
    check_instance_type,
    check_processor,
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
        *((name, True) for name in ("g5", "g6e", "p5en", "p6-b200", "trn1n", "dl1")),
        *((name, False) for name in ("m5", "c5n", "m7i-flex", "r6i", "p3", "p2", "inf2", "t3", "c4")),
    ],
)
def test_a_family_with_local_storage_is_known_by_its_name_or_listed(family: str, local: bool) -> None:
    assert bool(families_with_local_storage([f"ml.{family}"])) == local


ARM = ("ml.m6g", "ml.c7g", "ml.m6gd", "ml.c6gn", "ml.r8g", "ml.r7gd", "ml.p6e-gb200")
ACCELERATED = ("ml.inf1", "ml.inf2", "ml.trn1", "ml.trn1n", "ml.trn2", "ml.dl1")


@pytest.mark.parametrize("family", ARM)
def test_arm_processors_run_no_image_for_x86_64(family: str) -> None:
    with pytest.raises(ValueError, match="instance_type=") as error:
        check_processor("instance_type", f"{family}.xlarge", "XGBoost's image")
    assert str(error.value) == (
        f"instance_type='{family}.xlarge': has Arm processors, and XGBoost's image is built for x86-64; give "
        "a type such as 'ml.m5.large'."
    )


@pytest.mark.parametrize("family", ACCELERATED)
def test_accelerators_for_compiled_models_are_no_use_to_an_image_for_x86_64(family: str) -> None:
    with pytest.raises(ValueError, match="instance_type=") as error:
        check_processor("instance_type", f"{family}.xlarge", "XGBoost's image")
    assert str(error.value) == (
        f"instance_type='{family}.xlarge': has accelerators that run compiled models alone, and XGBoost's "
        "image is built for x86-64 processors; give a type such as 'ml.m5.large'."
    )


def test_every_other_type_runs_an_image_for_x86_64() -> None:
    families = {name.rsplit(".", 1)[0] for name in known_instance_types()}
    ours = {family for family in families if _runs(f"{family}.xlarge")}
    assert {*ARM, *ACCELERATED} & ours == set()
    assert families - ours == {
        *ACCELERATED,
        *(f"ml.{name}" for name in ("c6g", "c6gd", "c6gn", "c7g", "c8g", "m6g", "m6gd", "m8g")),
        *(f"ml.{name}" for name in ("r6g", "r6gd", "r7gd", "r8g", "p6e-gb200")),
    }
    assert _runs("${Token[TOKEN.1]}")


def _runs(instance_type: str) -> bool:
    try:
        check_processor("instance_type", instance_type, "an image")
    except ValueError:
        return False
    return True
