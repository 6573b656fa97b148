"""A Sphinx extension for `make single`: the book as one page, _build/singlehtml/index.html.

Sphinx looks for formulas on the front page alone, where there are none. And it writes the addresses of styles
and pictures as if the page stood at the top of the folder, where it is therefore put.
"""

from pathlib import Path


def load_mathjax(app):
    if app.builder.name == "singlehtml":
        app.set_html_assets_policy("always")


def move_to_the_top(app, exception):
    if app.builder.name == "singlehtml" and exception is None:
        name = f"{app.config.root_doc}.html"
        page = Path(app.outdir, name)
        text = page.read_text(encoding="utf-8").replace(f'href="{name}#', 'href="#')
        Path(app.outdir, "index.html").write_text(text, encoding="utf-8")
        page.unlink()


def setup(app):
    app.connect("builder-inited", load_mathjax)
    app.connect("build-finished", move_to_the_top)
    return {"parallel_read_safe": True}
