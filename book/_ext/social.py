"""A Sphinx extension: what others show of a page that they link to: title, first sentences, a picture.

The tags are those of Open Graph. The address of the book comes from ``html_baseurl``.
"""

import html
import re
import textwrap

PICTURE = "book/images/attention.png"
PICTURE_SHOWS = "Heat map: which letters of a French date a model looks at while it writes each digit"
LONGEST = 200  # characters of a description
SHORTEST = 40  # less is a label


def setup(app):
    """Register with Sphinx."""
    app.connect("config-inited", add_picture)
    app.connect("html-page-context", add_tags)
    return {"parallel_read_safe": True, "parallel_write_safe": True}


def add_picture(app, config):
    """Have the picture lie beside the first page."""
    config.html_extra_path.append(PICTURE)


def add_tags(app, page, template, context, doctree):
    """Write the tags into the head of a page that has a text."""
    if doctree is None or app.builder.name != "html":
        return
    site = app.config.html_baseurl
    title = html.unescape(re.sub("<[^>]+>", "", context["title"]))
    url = site + app.builder.get_target_uri(page)
    context["metatags"] += tags(app.config.html_title, title, description(doctree), url, site)


def description(doctree):
    """The first paragraph that says something; "" if there is none.

    Args:
        doctree: a page, as docutils reads it.
    """
    for node in doctree.findall():
        if node.tagname == "paragraph" and node.parent.tagname in ("section", "document"):
            text = " ".join(node.astext().split())
            if len(text) >= SHORTEST:
                return textwrap.shorten(text, LONGEST, placeholder=" …")
    return ""


def tags(book, title, text, url, site):
    """The tags of a page, as HTML.

    Args:
        book: title of the book.
        title: title of the page.
        text: a sentence or two; may be "".
        url: where the page is published.
        site: where the book is published, with "/" at the end.
    """
    properties = {
        "og:type": "article",
        "og:site_name": book,
        "og:title": title,
        "og:description": text or book,
        "og:url": url,
        "og:image": site + PICTURE.rpartition("/")[2],
        "og:image:alt": PICTURE_SHOWS,
    }
    lines = [f'<meta property="{name}" content="{html.escape(value)}">' for name, value in properties.items()]
    lines.append(f'<meta name="description" content="{html.escape(text or book)}">')
    lines.append('<meta name="twitter:card" content="summary_large_image">')
    return "\n" + "\n".join(lines)
