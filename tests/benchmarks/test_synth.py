from benchmarks.synth import OURS, PYTHON_TWIN, TEAM, TYPESCRIPT, Measurement, report


def took(cpu_seconds: float) -> Measurement:
    return Measurement(cpu_seconds=cpu_seconds, memory=300, template_bytes=20_000, resources=40)


def test_every_program_has_a_row_and_ours_is_divided_by_each_twin() -> None:
    measured = {(OURS.name, 10): took(3), (PYTHON_TWIN.name, 10): took(6), (TYPESCRIPT, 10): took(2)}
    text = report({**measured, (TEAM.name, 10): took(9)}, {10: (0.01, 0.05)})
    assert "| ours | 10 | 3.00 | 300 | 2,000 | 40 |" in text
    assert "| ours, five workflows and a decision API | 10 | 9.00 |" in text
    assert "| 10 | 0.50 | 1.50 | 0.050 | 0.010 |" in text
    assert "the goal" not in text


def test_the_goal_is_told_where_10_and_100_stacks_were_measured() -> None:
    names = (OURS.name, PYTHON_TWIN.name, TYPESCRIPT)
    measured = {(name, number): took(number) for number in (10, 100) for name in names}
    assert "Ours at 100 takes 10.00 times" in report(measured, dict.fromkeys((10, 100), (0.01, 0.05)))
