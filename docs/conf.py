"""The documentation as a site: `make docs`. Nothing is loaded from other hosts, and every warning is an error."""

import re
import sys
from pathlib import Path
from typing import Any

DOCS = Path(__file__).parent

sys.path.insert(0, str(DOCS.parent))  # the library is described from its source

project = "recsys"
author = "The recsys authors"
copyright = author  # noqa: A001 (Sphinx's name)
html_title = "recsys"

extensions = ["myst_parser", "sphinx.ext.autodoc"]
source_suffix = {".md": "markdown"}
exclude_patterns = ["_build", "deploy"]

highlight_language = "none"
myst_heading_anchors = 4
myst_enable_extensions = ["attrs_block"]

autodoc_member_order = "bysource"
autodoc_typehints = "signature"
autodoc_preserve_defaults = True

html_theme = "furo"
html_show_sphinx = False
html_show_copyright = False
html_copy_source = False
html_extra_path = ["openapi.json", "alerts.yaml"]


def _inside(app: Any, name: str, source: list[str]) -> None:
    """Links to files of the project that are no page of the site become their words."""

    def link(found: re.Match[str]) -> str:
        target = (DOCS / name).parent.joinpath(found[2].partition("#")[0]).resolve()
        return found[0] if target.is_relative_to(DOCS) else found[1]

    source[0] = re.sub(r"(?<!!)\[([^\]]*)\]\((\.\./[^)\s]*)\)", link, source[0])


def _plain(*event: Any) -> None:
    """Docstrings are plain text: paragraphs, and tables of arguments in columns, which keep their columns."""
    lines: list[str] = event[-1]
    paragraphs = "\n".join(lines).split("\n\n")
    shown = []
    for paragraph in paragraphs:
        if re.search(r"^\s|\S {2,}\S|[├└│]", paragraph, re.MULTILINE):
            shown += ["::", "", *(f"   {line}" for line in paragraph.splitlines()), ""]
        else:
            text = re.sub(r"([*|_\\])", r"\\\1", re.sub(r"`+", "", paragraph))
            shown += [*text.splitlines(), ""]
    lines[:] = shown


def setup(app: Any) -> None:
    """Called by Sphinx."""
    app.connect("source-read", _inside)
    app.connect("autodoc-process-docstring", _plain)
