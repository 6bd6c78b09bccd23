"""MkDocs hooks (see `mkdocs.yml`) that add pages to the documentation site besides the files of `docs`.

They add the README, CONTRIBUTING and CHANGELOG, the reference of all public names, the command reference that
`make docs` writes with Typer, and an index of the decision records. They also add a page for each file of the
repository that a document links to, so that all links work on the site as they do in the repository.
"""

import ast
import posixpath
import re
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
COMMANDS = ROOT / "build" / "commands.md"

PAGES = {"README.md": "index.md", "CONTRIBUTING.md": "contributing.md", "CHANGELOG.md": "changelog.md"}
"""Files of the repository's root, to their pages on the site."""
FOLDERS = {"docs/decisions": "decisions/index.md"}
"""Folders, to their pages on the site."""

REFERENCE: Mapping[str, tuple[str, str]] = {
    "constructs": ("Constructs", "What a stack holds. Import each from `mdlc_constructs`."),
    "settings": ("Settings", "Plain values that constructs take. Import each from `mdlc_constructs`."),
    "tasks": ("Tasks", "What a state can do. Import each from `mdlc_constructs.tasks`."),
    "state-machines": (
        "State machines",
        "State machines as plain data. Import each from `mdlc_constructs.asl`, or from `mdlc_constructs` "
        "what it exports.",
    ),
    "stacks": ("Reference stacks", "Whole stacks to copy or to subclass. They are not part of the wheel."),
    "client": ("Client", "Reads results as data frames. Import each from `mdlc_client`."),
    "governance": ("Governance", "Checks by cdk-nag. Import each from `mdlc_constructs.governance`."),
}
"""The pages of the reference: their titles and first paragraphs."""

PACKAGES = {
    "mdlc_constructs": None,
    "mdlc_constructs.tasks": "tasks",
    "mdlc_constructs.asl": "state-machines",
    "mdlc_constructs.governance": "governance",
}
"""Packages with public names, to the page of their names; None: the name's module decides."""

_LINK = re.compile(r"""(\]\(|(?:src|href)=")([^)\s"]+)""")
_LANGUAGES = {".py": "python", ".toml": "toml", ".json": "json", ".md": "markdown"}


def reference_pages() -> dict[str, str]:
    """The Markdown of each page of the reference, by page name: one entry for each public name."""
    from mdlc_constructs.exports import public_names  # can be imported after `on_config`

    entries: dict[str, list[str]] = {page: [] for page in REFERENCE}
    for package, page in PACKAGES.items():
        for name, module in public_names(package).items():
            entries[page or _page_of(module)].append(f"::: {package}.{name}\n")
    import mdlc_client

    entries["client"] = [f"::: mdlc_client.{name}\n" for name in mdlc_client.__all__]
    for path in sorted((ROOT / "stacks").glob("[a-z]*.py")):
        classes = [node.name for node in ast.parse(path.read_text()).body if isinstance(node, ast.ClassDef)]
        entries["stacks"] += [f"::: stacks.{path.stem}.{name}\n" for name in classes]
    pages = {
        page: f"# {title}\n\n{about}\n\n" + "\n".join(sorted(entries[page], key=str.lower))
        for page, (title, about) in REFERENCE.items()
    }
    listed = "\n".join(f"- [{title}]({page}.md): {about}" for page, (title, about) in REFERENCE.items())
    return {
        "index": f"# Reference\n\nEvery public name, with its arguments and defaults.\n\n{listed}\n",
        **pages,
    }


def _page_of(module: str) -> str:
    room = module.split(".")[1]
    return {"settings": "settings", "asl": "state-machines"}.get(room, "constructs")


def decisions() -> dict[str, str]:
    """The titles of the records in `docs/decisions`, by file name, in order."""
    records = sorted((ROOT / "docs" / "decisions").glob("[0-9]*.md"))
    return {path.name: path.read_text(encoding="utf-8").splitlines()[0].lstrip("# ") for path in records}


def site_path(repository_path: str) -> str:
    """The path on the site of a file or folder of the repository."""
    own = PAGES | FOLDERS
    if repository_path in own:
        return own[repository_path]
    if repository_path.startswith("docs/"):
        return repository_path.removeprefix("docs/")
    return f"source/{repository_path}.md"


def linked(markdown: str, repository_path: str) -> Iterator[str]:
    """The files and folders of the repository that a document links to, as paths from the root."""
    for _, target in _LINK.findall(_without_code(markdown)):
        if path := _in_repository(target, repository_path):
            yield path


def for_site(markdown: str, repository_path: str, page: str) -> str:
    """A document with its links changed for the site.

    Args:
        markdown: the document's text.
        repository_path: the document's path in the repository, such as `docs/tasks.md`.
        page: its path on the site, such as `tasks.md`.
    """

    def replaced(match: re.Match[str]) -> str:
        path = _in_repository(match[2], repository_path)
        if path is None:
            return match[0]
        anchor = match[2].partition("#")[2]
        target = posixpath.relpath(site_path(path), posixpath.dirname(page) or ".")
        return f"{match[1]}{target}{'#' if anchor else ''}{anchor}"

    parts = re.split(r"(^```.*?^```$)", markdown, flags=re.M | re.S)
    return "".join(part if number % 2 else _LINK.sub(replaced, part) for number, part in enumerate(parts))


def source_page(repository_path: str) -> str:
    """The Markdown page of a repository's file, with its content, or folder, with its list of files."""
    path = ROOT / repository_path
    if path.is_dir():
        return f"# {repository_path}\n\n" + "\n".join(f"- {line}" for line in _listing(path)) + "\n"
    text = path.read_text(encoding="utf-8")
    fence = "`" * max([3, *(len(run) + 1 for run in re.findall("`{3,}", text))])
    return f"# {repository_path}\n\n{fence}{_LANGUAGES.get(path.suffix, 'text')}\n{text}\n{fence}\n"


def _listing(folder: Path) -> Iterator[str]:
    for path in sorted(folder.iterdir()):
        if path.name.startswith((".", "__")):
            continue
        module = path / "__init__.py" if path.is_dir() else path
        about = ast.get_docstring(ast.parse(module.read_text())) if _is_module(module) else None
        yield f"`{path.name}`" + (f": {about.splitlines()[0]}" if about else "")


def _is_module(path: Path) -> bool:
    return path.suffix == ".py" and path.is_file()


def _without_code(markdown: str) -> str:
    return re.sub(r"^```.*?^```$", "", markdown, flags=re.M | re.S)


def _in_repository(target: str, repository_path: str) -> str | None:
    """The path of a link's target from the repository's root; None for external links and anchors."""
    if re.match(r"[a-z]+:|#|/", target):
        return None
    path = posixpath.normpath(posixpath.join(posixpath.dirname(repository_path), target.partition("#")[0]))
    return path if (ROOT / path).exists() else None


def on_config(config: Any) -> Any:
    """Adds the decision records to the navigation, and the repository's root to `sys.path`."""
    sys.path.insert(0, str(ROOT))
    for item in config.nav:
        if "Decisions" in item:
            item["Decisions"] = ["decisions/index.md", *(f"decisions/{name}" for name in decisions())]
    return config


def on_files(files: Any, config: Any) -> Any:
    """Adds the generated pages and the pages of linked files."""
    from mkdocs.structure.files import File

    def add(page: str, markdown: str) -> None:
        files.append(File.generated(config, page, content=markdown))

    documents = [*PAGES, *(f"docs/{file.src_uri}" for file in files if file.is_documentation_page())]
    texts = {path: (ROOT / path).read_text(encoding="utf-8") for path in documents}
    for path, page in PAGES.items():
        add(page, texts[path])
    targets = {target for path, text in texts.items() for target in linked(text, path)}
    for target in sorted(targets):
        if site_path(target).startswith("source/"):
            add(site_path(target), source_page(target))
    for page, markdown in reference_pages().items():
        add(f"reference/{page}.md", markdown)
    listed = "\n".join(f"- [{title}]({name})" for name, title in decisions().items())
    add(
        "decisions/index.md",
        f"# Decisions\n\nWhat was chosen, instead of what, and what it costs.\n\n{listed}\n",
    )
    add("commands.md", COMMANDS.read_text(encoding="utf-8"))
    return files


def on_page_markdown(markdown: str, page: Any, **_: Any) -> str:
    """Changes the links of documents for the site; generated pages need no change."""
    names = {page: path for path, page in PAGES.items()}
    uri = page.file.src_uri
    path = names.get(uri, f"docs/{uri}")
    return for_site(markdown, path, uri) if (ROOT / path).is_file() else markdown
