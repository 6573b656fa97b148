"""Make the book's SVG figures smaller, with the same picture: no comments, no line breaks, three decimals.

python scripts/compact_figures.py _build/html/_images
"""

import re
import sys
from pathlib import Path


def compact(svg):
    """Shorten an SVG file in which Matplotlib drew letters as outlines, so that no space in it is shown.

    Args:
        svg: str. The file's text; its lengths are in points.

    Returns:
        str. The same figure, to a thousandth of a point.
    """
    svg = re.sub(r"<!--.*?-->", "", svg, flags=re.DOTALL)
    svg = re.sub(r"(\.\d{3})\d+", r"\1", svg)
    return re.sub(r"\s+", " ", svg).replace("> <", "><")


def main(folder):
    """Rewrite each SVG file of a folder in place."""
    for path in sorted(Path(folder).glob("*.svg")):
        path.write_text(compact(path.read_text(encoding="utf-8")), encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1])
