"""Sphinx extension: the script and the styles of the interactive views, on the pages that hold one.

``make book`` builds both from the folder ``views/`` into ``_build/static/s2s-views``.
"""

from pathlib import Path

from sphinx.errors import ExtensionError


def setup(app):
    """Take the built files into the book."""
    app.connect("config-inited", add_folder)
    app.connect("html-page-context", add_to_page)
    return {"parallel_read_safe": True, "parallel_write_safe": True}


def add_folder(app, config):
    """Let Sphinx copy the folder of the built files."""
    static = Path(app.confdir) / "_build" / "static"
    if not (static / "s2s-views" / "views.js").is_file():
        raise ExtensionError(
            f"Expected the interactive views in {static / 's2s-views'}; received none. "
            "Run `make book`, which builds them."
        )
    config.html_static_path.append(str(static))


def add_to_page(app, page, template, context, doctree):
    """Load the script on a page that holds a view."""
    if 'class="s2s-view"' in context.get("body", ""):
        app.add_css_file("s2s-views/views.css")
        app.add_js_file("s2s-views/views.js", loading_method="defer")
