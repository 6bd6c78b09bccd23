from jobs.monitor import run
from tests.jobs.monitoring.windows import Window


def test_the_page_is_written(served: Window) -> None:
    run(served.plan(), served.folders())
    assert "<!doctype html>" in (served.folder / "out" / "monitoring" / "report.html").read_text()
