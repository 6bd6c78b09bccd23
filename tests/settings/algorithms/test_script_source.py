"""What is read of a script without running it."""

from pathlib import Path

from mdlc_constructs.settings.algorithms.script_source import read_script


def test_definitions_imports_and_names_at_the_top_level_are_found(tmp_path: Path) -> None:
    path = tmp_path / "a.py"
    path.write_text(
        "import a.b, c as d\nfrom e import f\ng = 1\nclass H: pass\nasync def i(): pass\n"
        "def j():\n    k = 1\nif 1:\n    pass\n"
    )
    found = read_script("serve", path)
    assert found.names == {"a", "d", "f", "g", "H", "i", "j"}
    assert not found.guarded


def test_the_guard_of_a_program_is_found(tmp_path: Path) -> None:
    path = tmp_path / "a.py"
    path.write_text("if '__main__' == __name__:\n    pass\n")
    assert read_script("serve", path).guarded
