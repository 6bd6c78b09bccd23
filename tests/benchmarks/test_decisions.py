import io
import tarfile
from pathlib import Path

from benchmarks import decisions
from lambdas.functions.decide import steps
from mdlc_constructs.settings.rules_document import parse


def test_the_row_of_the_endpoint_is_what_the_function_collects() -> None:
    settings = decisions.decisions().to_payload()
    features = steps.collect(decisions.request_row(), settings.lookup, decisions.looked_up_item())
    assert features.values == decisions.endpoint_row()
    assert features.defaults_used == ()


def test_the_rules_are_rules() -> None:
    rules = parse(decisions.RULES, decisions=decisions.decisions().decisions)
    assert rules.decide(0.7, decisions.endpoint_row()).decision == "refer"


def test_the_archive_holds_model_program_and_code(tmp_path: Path) -> None:
    model = tmp_path / "model"
    model.write_bytes(b"trees")
    with tarfile.open(fileobj=io.BytesIO(decisions.model_archive(model))) as archive:
        assert {"xgboost-model", "program.json", "code/jobs/serving/program.py"} <= set(archive.getnames())


def test_sizes_count_names_and_values() -> None:
    assert decisions.item_bytes({"a": {"S": "bc"}, "d": {"N": "1"}}) == 1 + 4 + 1 + 3
