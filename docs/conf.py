"""How the documentation is built: `make docs`."""

from checkly_dynamic import __version__

project = "checkly_dynamic"
author = "the checkly_dynamic maintainers"
copyright = "the checkly_dynamic maintainers, Apache-2.0"  # noqa: A001 - Sphinx's name for it
release = __version__

extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.napoleon", "sphinxcontrib.mermaid"]
myst_enable_extensions = ["colon_fence"]
myst_heading_anchors = 3
myst_fence_as_directive = ["mermaid"]
exclude_patterns = ["_build"]

autodoc_member_order = "bysource"
autodoc_typehints = "description"
napoleon_google_docstring = True
napoleon_use_ivar = True

html_theme = "furo"
html_title = f"checkly_dynamic {release}"
# Pages link to examples/, which are outside of docs/: on a forge they work, here they are plain text. tests/docs checks them.
suppress_warnings = ["myst.xref_missing"]
