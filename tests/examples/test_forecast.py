from pathlib import Path

from examples.forecast import data, stack
from tests.docs.markdown import ROOT


def test_the_package_carries_ten_years_of_each_industry() -> None:
    points = list(data.points())
    industries = {industry for industry, _, _ in points}
    assert len(industries) == 22 and "nonfarm_change" not in industries
    assert len(points) == 22 * 120 and all(float(employed) > 0 for _, _, employed in points)


def test_a_file_has_the_months_between_two(tmp_path: Path) -> None:
    path = data.write(tmp_path / "raw" / "2015.csv", since="2015-01-01", before="2015-03-01")
    lines = path.read_text().splitlines()
    assert lines[0] == "industry,month,employed" and len(lines) == 1 + 22 * 2


def test_the_stack_is_short() -> None:
    assert len(Path(str(stack.__file__)).read_text().splitlines()) < 40


def test_no_data_lie_beside_the_example() -> None:
    names = {path.suffix for path in (ROOT / "examples" / "forecast").iterdir() if path.is_file()}
    assert names <= {".py", ".toml", ".in", ".lock", ".md"}
