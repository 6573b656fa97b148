"""A Sphinx extension that reads the house style of docstrings: several results by name, sources with links.

It comes before napoleon, which takes care of ``Args`` and ``Raises``. A section ``Returns`` may name each
result, as ``Args`` names arguments; a paragraph of formulas keeps its lines; a paragraph ``Source: …`` says
where something comes from. arXiv numbers and DOIs become links.
"""

import inspect
import re
import textwrap

FORMULA = re.compile(r"(?:\w+: +)?[\w.]+(?:\[[^]]*\]|\([^)]*\))? += .*[^.]")
NAMED = re.compile(r"(\w+): (.*)")
PAPER = re.compile(r"\b(?:arXiv:(?P<arxiv>\d{4}\.\d{4,5})|doi:(?P<doi>10\.\d{4,9}/[\w.()/-]*\w))")


def link(paper):
    """A paper's number as a link, in reStructuredText."""
    site, number = ("arxiv.org/abs", paper["arxiv"]) if paper["arxiv"] else ("doi.org", paper["doi"])
    return f"`{paper[0]} <https://{site}/{number}>`__"


def named(block):
    """The results that a block names, one name and text each; none where it describes a single result."""
    results = []
    for line in block:
        if line and not line.startswith(" "):
            match = NAMED.fullmatch(line)
            if not match:
                return []
            results.append([match[1], match[2]])
        elif line:
            results[-1][1] += f" {line.strip()}"
    return results


def field(name, lines):
    """A field of reStructuredText, with all lines but the first indented."""
    return [f":{name}: {lines[0]}", *(f"    {line}".rstrip() for line in lines[1:]), ""]


def returns(lines):
    """What stands below ``Returns:`` as a field."""
    block = textwrap.dedent("\n".join(lines)).strip().splitlines()
    return field("returns", [f"* **{name}** -- {text}" for name, text in named(block)] or block)


def rewrite(lines):
    """The lines of a docstring, part by part, for napoleon and docutils to go on with."""
    result = []
    for part in re.split(r"\n\n(?! )", "\n".join(lines)):  # a section goes on as long as it is indented
        first, *more = part.splitlines() or [""]
        if first == "Returns:":
            result += returns([PAPER.sub(link, line) for line in more])
        elif match := re.fullmatch(r"(Sources?): (.*)", first):
            result += field(match[1].lower(), [PAPER.sub(link, " ".join([match[2], *map(str.strip, more)]))])
        elif FORMULA.fullmatch(first) and all(line[0] == " " or FORMULA.fullmatch(line) for line in more):
            result += [".. code-block:: text", "", *(f"    {line}" for line in [first, *more]), ""]
        else:
            result += [*(PAPER.sub(link, line) for line in [first, *more]), ""]
    return result


def read_docstring(app, what, name, obj, options, lines):
    lines[:] = rewrite(lines)


def read_signature(app, what, name, obj, options, signature, return_annotation):
    """A Keras layer is made by ``__new__``, which takes anything; what it needs stands in ``__init__``."""
    if what != "class" or signature != "(*args, **kwargs)":
        return None
    _, *parameters = inspect.signature(obj.__init__).parameters.values()
    bare = [parameter.replace(annotation=parameter.empty) for parameter in parameters]  # the text says more
    return str(inspect.Signature(bare)), return_annotation


def setup(app):
    app.connect("autodoc-process-docstring", read_docstring, priority=400)  # napoleon's is 500
    app.connect("autodoc-process-signature", read_signature)
    return {"parallel_read_safe": True}
