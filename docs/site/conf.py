"""The site's settings. `scripts/site` copies the tree to one place, with this directory at its head, and builds it."""

import re
from importlib import metadata
from typing import Any

from pygments.lexers.special import TextLexer

project = "labkit"
author = "the authors of labkit"
release = metadata.version("stream-processing-lab")
html_title = f"labkit {release}"
html_theme = "furo"
html_static_path = ["_static"]
html_js_files = ["site.js"]
html_theme_options: dict[str, Any] = {"top_of_page_buttons": []}
html_show_copyright = False

extensions = ["myst_nb", "sphinx.ext.autodoc"]
include_patterns = ["*.md", "docs/*.md", "docs/decisions/*.md", "notebooks/*.ipynb", "benchmarks/results/*.md"]
include_patterns += ["labkit/readings/*.md"]
exclude_patterns = ["README.md"]  # the front page includes it

nb_execution_mode = "off"  # scripts/executed.py has done it
myst_heading_anchors = 3

autodoc_member_order = "bysource"
default_role = "code"  # of `single` backticks in docstrings
smartquotes = False


def mark_examples(app: Any, what: str, name: str, obj: Any, options: Any, lines: list[str]) -> None:  # noqa: ARG001
    """Set the code as code that follows "Example:" in docstrings."""
    lines[:] = [re.sub(r"Example: (.+?)\.?$", r"Example: ``\1``", line) for line in lines]


def setup(app: Any) -> None:
    app.connect("autodoc-process-docstring", mark_examples)
    app.add_lexer("rooms", TextLexer)  # the drawing of docs/architecture.md
