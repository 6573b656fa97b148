"""Make figures and code of the book smaller, which look the same: fewer comments, digits, groups and tags.

python tools/compact_figures.py _build/html
"""

import base64
import re
import sys
from pathlib import Path

PLAIN = ("n", "nn", "nx", "p", "pm", "w")  # of code: what has the colour of the text around it
IN_CODE = re.compile(rf'<span class="(?:{"|".join(PLAIN)})">([^<]*)</span>')
IN_A_PAGE = re.compile(r'(?<=src="data:image/svg\+xml;base64,)[^"]+')


def compact(svg):
    """Shorten an SVG file in which Matplotlib drew letters as outlines, so that no space in it is shown.

    Args:
        svg: str. The file's text; its lengths are in points.

    Returns:
        str. The same figure: outlines to a hundredth of a point, places to a thousandth.
    """
    svg = re.sub(r"<!--.*?-->|<!DOCTYPE.*?>|<metadata>.*?</metadata>", "", svg, flags=re.DOTALL)
    svg = re.sub(r' d="[^"]*"', lambda match: compact_outline(match[0]), svg)
    svg = re.sub(r'<g id="[^"]*"', "<g", svg).replace("DejaVuSans", "D")  # what letters are called
    svg = re.sub(r"scale\([^)]*\)|(\.\d{3})\d+", lambda match: match[1] or match[0], svg)  # scales are small
    return without_plain_groups(re.sub(r"\s+", " ", svg).replace("> <", "><"))


def without_plain_groups(svg):
    """Leave out the tags of groups that have no attributes: what stands in them looks the same without."""
    parts, plain = [], []
    for part in re.split(r"(<g>|<g [^>]*[^/]>|</g>|<g ?/>)", svg):
        if part.startswith(("<g>", "<g ")) and not part.endswith("/>"):
            plain.append(part == "<g>")
        leave_out = plain.pop() if part == "</g>" else part in ("<g>", "<g/>", "<g />")
        if not leave_out:
            parts.append(part)
    return "".join(parts)


def compact_outline(outline):
    """Shorten the attribute of an outline, such as ` d="M 1.2345 2 L 3 4"`."""
    return re.sub(r" ?([A-Z]) ?", r"\1", re.sub(r"(\.\d\d)\d+", r"\1", outline))


def compact_page(page):
    """Shorten the SVG figures that stand in a page itself, and its code.

    Args:
        page: str. HTML.
    """

    def shorter(match):
        return base64.b64encode(compact(base64.b64decode(match[0]).decode()).encode()).decode()

    return IN_CODE.sub(r"\1", IN_A_PAGE.sub(shorter, page))


def main(folder):
    """Rewrite the SVG files and the pages of a folder, and of the folders in it, in place."""
    for pattern, shorten in (("*.svg", compact), ("*.html", compact_page)):
        for path in sorted(Path(folder).rglob(pattern)):
            text = path.read_text(encoding="utf-8")
            if (short := shorten(text)) != text:
                path.write_text(short, encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1])
