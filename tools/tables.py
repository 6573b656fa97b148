"""Tables that programs write into pages of the book, each between two comments."""


def table(header, rows):
    """A table in Markdown of a header and rows of texts, as many in each."""
    lines = [header, ["---"] * len(header), *rows]
    return "".join(f"| {' | '.join(cell.replace('|', '&#124;') for cell in cells)} |\n" for cells in lines)


def rewritten(page, begin, end, text):
    """The text of a page with another text between two of its lines.

    Args:
        page: str.
        begin, end: str, the lines, each with its end.
        text: str, in Markdown.

    Raises:
        ValueError: the page lacks one of the lines.
    """
    before, began, rest = page.partition(begin)
    _, ended, after = rest.partition(end)
    if not (began and ended):
        raise ValueError(f"Expected the lines {begin.strip()} and {end.strip()} in the page; one is missing.")
    return f"{before}{begin}\n{text}\n{end}{after}"
