"""How the reference is built: `sphinx-build -W docs FOLDER`; readable from a folder, offline."""

from importlib.metadata import version as installed
from typing import Any

project = "Datacenter power planner"
release = installed("datacenter-power-planner")
extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.napoleon"]
source_suffix = {".md": "markdown"}
root_doc = "index"
exclude_patterns = ["_build"]

html_theme = "alabaster"
html_theme_options = {"page_width": "70rem", "sidebar_width": "16rem", "show_powered_by": False,
                      "font_family": "sans-serif", "fixed_sidebar": True}  # fmt: skip
html_show_copyright = False
html_copy_source = False
html_sidebars = {"**": ["about.html", "navigation.html", "searchbox.html"]}

autodoc_typehints = "signature"
autodoc_member_order = "bysource"
autodoc_class_signature = "separated"
autodoc_default_options = {"members": True, "exclude-members": "__init__, __new__"}
napoleon_google_docstring = False
napoleon_use_ivar = True
myst_heading_anchors = 3
# Links that leave the pages for files of the repository stay as they are.
suppress_warnings = ["myst.xref_missing", "ref.python"]


def setup(app: Any) -> None:
    """Take links to files of the repository for what they are."""
    app.add_config_value("planner", release, "env")
