from tests.examples import notebooks


def test_the_notebook_is_stored_without_outputs() -> None:
    cells = notebooks.cells()
    assert len(cells) > 5
    assert all(cell["outputs"] == [] and cell["execution_count"] is None for cell in cells)
