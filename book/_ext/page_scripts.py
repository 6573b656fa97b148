"""A Sphinx extension: pages load each script once, and none of Thebe's.

sphinx-thebe comes with Jupyter Book. Nothing here uses it, and its `const` stands on every page twice, which
browsers report as an error.
"""


def setup(app):
    """Register with Sphinx, after the extensions that add scripts."""
    app.connect("html-page-context", keep_what_is_used, priority=900)
    return {"parallel_read_safe": True}


def keep_what_is_used(app, pagename, templatename, context, doctree):
    """Change the list of scripts that the template of a page writes."""
    scripts = [script for script in context["script_files"] if "thebe" not in str(vars(script))]
    context["script_files"] = list(dict.fromkeys(scripts))
