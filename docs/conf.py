"""Sphinx settings of the documentation; `./dev docs` builds it."""

from __future__ import annotations

import logging

project = "smartid"
language = "en"

extensions = ["myst_parser"]
exclude_patterns = ["_build"]

# A heading is a target of links, as it is where the same files are read on a code-hosting site.
myst_heading_anchors = 4
myst_enable_extensions = ["colon_fence", "deflist"]

# A folder of the index may be empty, such as one whose pages are generated. Sphinx 9.0 gives this warning a
# subtype and no type, so suppress_warnings cannot name it.
logging.getLogger("sphinx.sphinx.directives.other").addFilter(
    lambda record: getattr(record, "subtype", None) != "empty_glob"
)

html_theme = "furo"
html_title = "smartid"
html_static_path = ["_static"]
html_css_files = ["bidi.css"]
html_copy_source = False
