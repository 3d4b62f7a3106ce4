"""How the documentation is built: `make docs`."""

import re
from pathlib import Path
from typing import Any

from checkly_dynamic import __version__

project = "checkly_dynamic"
author = "the checkly_dynamic maintainers"
copyright = "the checkly_dynamic maintainers, Apache-2.0"  # noqa: A001 - Sphinx's name for it
release = __version__

extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.napoleon", "sphinx_design"]
myst_enable_extensions = ["colon_fence"]
myst_heading_anchors = 3
exclude_patterns = ["_build"]

autodoc_member_order = "bysource"
autodoc_typehints = "description"
autodoc_typehints_description_target = "documented_params"
napoleon_google_docstring = True
napoleon_use_ivar = True

html_theme = "furo"
html_title = f"checkly_dynamic {release}"
html_static_path = ["_static"]
html_css_files = ["site.css"]
html_copy_source = False
pygments_style = "friendly"
pygments_dark_style = "github-dark"

HERE = Path(__file__).parent
ROOT = HERE.parent
LANGUAGES = {".py": "python", ".yaml": "yaml", ".json": "json", ".ts": "typescript"}


def _site_links(text: str) -> str:
    """Point links between files of the repository to the pages of the site."""
    text = re.sub(r"\]\((?:\.\./)+examples/([\w-]+)/README\.md", r"](/examples/\1.md", text)
    text = re.sub(r"\]\((?:\.\./)*examples(?:/README\.md)?\)", "](/examples/index.md)", text)
    text = re.sub(
        r"\]\((?:\.\./)*(CHANGELOG|CONTRIBUTING|SECURITY)\.md", lambda m: f"](/project/{m[1].lower()}.md", text
    )
    return re.sub(r"\]\((?:\.\./)*docs/", "](/", text)


def _generate() -> None:
    """Make pages of the files that stand outside of docs/: examples, changelog, security, contributing."""
    examples, about = HERE / "examples", HERE / "project"
    for folder in (examples, about):
        folder.mkdir(exist_ok=True)
    for name in ("CHANGELOG", "CONTRIBUTING", "SECURITY"):
        _write(about / f"{name.lower()}.md", _site_links((ROOT / f"{name}.md").read_text(encoding="utf-8")))
    names = sorted(readme.parent.name for readme in (ROOT / "examples").glob("*/README.md"))
    for name in names:
        text = re.sub(r"\]\(\.\./([\w-]+)/README\.md", r"](/examples/\1.md", _readme(ROOT / "examples" / name))
        for file in sorted((ROOT / "examples" / name).rglob("*")):
            if file.suffix in LANGUAGES and "__pycache__" not in file.parts:
                path = file.relative_to(ROOT / "examples" / name).as_posix()
                options = f":language: {LANGUAGES[file.suffix]}"
                text += f"\n## `{path}`\n\n```{{literalinclude}} /../examples/{name}/{path}\n{options}\n```\n"
        _write(examples / f"{name}.md", text)
    overview = ROOT / "examples" / "README.md"
    text = _readme(overview.parent) if overview.exists() else "# Examples\n\nPrograms to copy from.\n"
    text = re.sub(
        r"\]\(([\w-]+)(?:/README\.md|/)?\)", lambda m: f"](/examples/{m[1]}.md)" if m[1] in names else m[0], text
    )
    _write(examples / "index.md", f"{text}\n```{{toctree}}\n:maxdepth: 1\n\n" + "\n".join(names) + "\n```\n")


def _readme(folder: Path) -> str:
    return _site_links((folder / "README.md").read_text(encoding="utf-8"))


def _write(path: Path, text: str) -> None:
    """Write a page, but only when it changed: Sphinx builds what is newer."""
    if not path.exists() or path.read_text(encoding="utf-8") != text:
        path.write_text(text, encoding="utf-8")


def _source_read(_app: Any, _name: str, content: list[str]) -> None:
    content[0] = _site_links(content[0])


def _signature(_app: Any, what: str, name: str, _obj: Any, _options: Any, *_: Any) -> tuple[str, None] | None:
    """Leave out signatures in which every default is None: the tables of the page have the real ones."""
    resources = ("CheckSessionTrigger", "TestSessionTrigger", "CheckSessionGate")
    return ("(resource_name, *, …)", None) if what == "class" and name.rpartition(".")[2] in resources else None


def setup(app: Any) -> None:
    """Connect the functions above to Sphinx."""
    _generate()
    app.connect("source-read", _source_read)
    app.connect("autodoc-process-signature", _signature)
