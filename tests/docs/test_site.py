"""The documentation site, short of building it, which is `make docs`."""

import posixpath
import re
from importlib import import_module
from pathlib import Path

import pytest

from mdlc_constructs.exports import public_names
from scripts.docs_site import (
    PACKAGES,
    PAGES,
    REFERENCE,
    decisions,
    for_site,
    linked,
    reference_pages,
    site_path,
    source_page,
)
from tests.docs import markdown

ENTRIES = {
    line.removeprefix("::: ")
    for page in reference_pages().values()
    for line in page.splitlines()
    if line.startswith("::: ")
}


@pytest.mark.parametrize("package", PACKAGES)
def test_every_public_name_has_its_entry(package: str) -> None:
    names = import_module(package).__all__
    assert set(names) == set(public_names(package))
    assert {f"{package}.{name}" for name in names} <= ENTRIES


def test_what_other_packages_export_is_public_under_another_name() -> None:
    doors = [path for path in Path("mdlc_constructs").rglob("__init__.py") if "lazily(" in path.read_text()]
    packages = {".".join(path.parent.parts) for path in doors}
    assert packages >= set(PACKAGES)
    others = {name for package in packages - set(PACKAGES) for name in public_names(package)}
    assert others <= set(public_names("mdlc_constructs"))


def test_every_page_of_the_reference_and_every_document_is_in_the_navigation() -> None:
    navigation = (markdown.ROOT / "mkdocs.yml").read_text()
    pages = [f"reference/{page}.md" for page in REFERENCE]
    pages += [path.name for path in (markdown.ROOT / "docs").glob("*.md")] + list(PAGES.values())
    assert [page for page in pages if page not in navigation] == []


def test_constructs_and_settings_are_told_apart() -> None:
    pages = reference_pages()
    assert "::: mdlc_constructs.TrainingWorkflow\n" in pages["constructs"]
    assert "::: mdlc_constructs.Dataset\n" in pages["settings"]
    assert "::: mdlc_constructs.tasks.training_job\n" in pages["tasks"]
    assert "::: stacks.model_team.ModelTeamStack\n" in pages["stacks"]


@pytest.mark.parametrize("document", markdown.documents(), ids=markdown.name)
def test_what_a_document_links_has_a_place_on_the_site(document: Path) -> None:
    path = markdown.name(document)
    page = site_path(path)
    moved = for_site(document.read_text(), path, page)
    targets = {site_path(target) for target in linked(document.read_text(), path)}
    found = {
        posixpath.normpath(posixpath.join(posixpath.dirname(page), link.partition("#")[0]))
        for link in [each for each in _links(moved) if each.partition("#")[0]]
    }
    assert found == targets


def _links(text: str) -> list[str]:
    return [link for link in markdown.links_of(text) if not link.startswith("/")]


def test_links_lead_to_pages_of_the_site_or_to_the_source() -> None:
    text = '[a](docs/tasks.md#events) [b](jobs/cli.py) [c](#here) [d](https://x) <img src="docs/p.svg">'
    moved = for_site(text.replace("p.svg", "pictures/training.svg"), "README.md", "index.md")
    assert moved == (
        "[a](tasks.md#events) [b](source/jobs/cli.py.md) [c](#here) [d](https://x) "
        '<img src="pictures/training.svg">'
    )
    assert for_site("[e](../../jobs)", "docs/decisions/1.md", "decisions/1.md") == "[e](../source/jobs.md)"


def test_code_is_left_as_it_is() -> None:
    block = "```python\nx = table[0](README.md)\n```"
    assert for_site(block, "CONTRIBUTING.md", "contributing.md") == block


def test_a_source_page_holds_the_file_or_what_lies_in_the_folder() -> None:
    assert "```python\n" in source_page("jobs/cli.py")
    assert "`cli.py`: The jobs' command line" in source_page("jobs")


def test_decisions_have_numbers_and_titles() -> None:
    titles = decisions()
    assert [title.partition(".")[0] for title in titles.values()] == [str(n + 1) for n in range(len(titles))]
    assert all(len(title) > 10 for title in titles.values())


@pytest.mark.parametrize("document", markdown.documents(), ids=markdown.name)
def test_nested_lists_are_indented_as_the_site_reads_them(document: Path) -> None:
    nested = re.findall(r"^ {1,3}(?:\d+\.|-) .*$", markdown.prose(document), flags=re.M)
    assert nested == [], "indent by four spaces: Python-Markdown takes fewer for text"
