"""Write the exercises of each notebook as an assignment: text, an empty cell, the check, and no solution.

    python tools/assignments.py

An assignment runs by itself, on Colab too: it takes along the cells of its notebook that make what its
exercises use. It goes to `_build/assignments`, under the name of the notebook.
"""

import itertools
import re
import sys
from dataclasses import dataclass
from pathlib import Path

import nbformat
from lessons import ROOT, address, sections, with_addresses
from nbformat import v4
from needed import Code, needed

POINTS = {"easy": 1, "medium": 2, "hard": 3}
EXERCISE = re.compile(r"Exercise (\d+\.\d+) \((\w+)\)")
CHECK = re.compile(r"`(exercises\.check\(.*?\))`", re.DOTALL)
IN_BACKTICKS = re.compile(r"`([A-Za-z_]\w*)")
TITLE = re.compile(r"^# @title .*\n")
FOLDED = {"cellView": "form", "tags": ["hide-input"]}
CHECKS = """\
# @title Checks
from s2s_lesson.teaching import exercises

CHECKED = {}  # number of an exercise -> what its check says"""
SUM = """\
# @title Points
points = {points}
right = sum(points[number] for number, result in CHECKED.items() if result)
print(f"{{right}} of {{sum(points.values())}} points")"""
HOW = """\
**Name:**

**Date:**

These are the exercises of [{title}]({address}). Run the cells from top to bottom. Write each answer into
the empty cell below its text, then run the check: it says whether the answer is right, or gives a hint. Ask
it as often as you like.

| exercise | points |
|---|---|
{rows}"""


@dataclass
class Exercise:
    """An exercise of a notebook.

    Args:
        number, difficulty, text: str; the text is Markdown.
        solution: str, the code of all its cells.
        place: int, of the cell that holds its heading.
    """

    number: str
    difficulty: str
    text: str
    solution: str
    place: int

    @property
    def check(self) -> str:
        """The call that its text names."""
        return " ".join(CHECK.search(self.text)[1].split())

    @property
    def points(self) -> int:
        return POINTS[self.difficulty]

    @property
    def names(self) -> set[str]:
        """The names in its text."""
        return set(IN_BACKTICKS.findall(self.text))


def is_solution(cell) -> bool:
    return cell.source.startswith("# @title Solution")


def exercises_of(notebook) -> list[Exercise]:
    """The exercises of a notebook that have a check, in order."""
    out = []
    for section in sections(notebook):
        if heading := EXERCISE.fullmatch(section.title):
            code = [part for part in section.parts if not isinstance(part, str)]
            before = list(itertools.takewhile(lambda part: isinstance(part, str), section.parts))
            solution = "\n".join(cell.source for cell in code if is_solution(cell))
            text = "\n\n".join(before)
            if CHECK.search(text):
                out.append(Exercise(heading[1], heading[2], text, solution, section.place))
    return out


def cells_used(notebook, exercises: list[Exercise]) -> list[int]:
    """The numbers of the cells that make what the exercises and their solutions use.

    Raises:
        ValueError: a solution uses a name that no cell before it makes.
    """
    usable = [
        (number, Code(cell.source))
        for number, cell in enumerate(notebook.cells)
        if cell.cell_type == "code" and not is_solution(cell)
    ]
    used = set()
    for exercise in exercises:
        before = [(number, code) for number, code in usable if number < exercise.place]
        made = set().union(*(code.makes for _, code in before))
        wanted = (Code(exercise.solution).needs | (exercise.names & made)) - {"exercises"}
        places, missing = needed(wanted, [code for _, code in before])
        if missing:
            names = ", ".join(sorted(missing))
            raise ValueError(
                f"Expected cells that make what solution {exercise.number} uses; none makes {names}."
            )
        used |= {before[place][0] for place in places}
    return sorted(used)


def assignment(notebook, page: str):
    """The assignment of a notebook, or None where no exercise has a check."""
    exercises = exercises_of(notebook)
    if not exercises:
        return None
    title = sections(notebook)[0].title
    rows = "\n".join(f"| {one.number} ({one.difficulty}) | {one.points} |" for one in exercises)
    first = next(number for number, cell in enumerate(notebook.cells) if cell.cell_type == "code")
    waiting = [number for number in cells_used(notebook, exercises) if number != first]
    cells = [
        v4.new_markdown_cell(
            f"# {title}: exercises\n\n" + HOW.format(title=title, address=address(page), rows=rows)
        ),
        v4.new_code_cell(titled(notebook.cells[first].source, "Set-up"), metadata=FOLDED),
        v4.new_code_cell(CHECKS, metadata=FOLDED),
    ]
    for exercise in exercises:
        taken = [number for number in waiting if number < exercise.place]
        waiting = waiting[len(taken) :]
        if taken:
            sources = [TITLE.sub("", notebook.cells[number].source) for number in taken]
            cells.append(v4.new_code_cell(titled("\n\n".join(sources), "From the page"), metadata=FOLDED))
        cells += cells_of(exercise, page)
    points = {exercise.number: exercise.points for exercise in exercises}
    cells.append(v4.new_code_cell(SUM.format(points=points), metadata=FOLDED))
    for number, cell in enumerate(cells):
        cell.id = f"a{number:03}"
    kept = ("kernelspec", "language_info")
    metadata = {name: notebook.metadata[name] for name in kept if name in notebook.metadata}
    return v4.new_notebook(cells=cells, metadata=metadata)


def titled(source: str, title: str) -> str:
    """The source of a cell that Colab folds under a title."""
    return f"# @title {title}\n{TITLE.sub('', source)}"


def cells_of(exercise: Exercise, page: str) -> list:
    """The text of an exercise, an empty cell, and its check."""
    many = "point" if exercise.points == 1 else "points"
    heading = f"## Exercise {exercise.number} ({exercise.difficulty}, {exercise.points} {many})"
    result = f'CHECKED["{exercise.number}"]'
    hint = "# Write what you found in place of the dots.\n" if "..." in exercise.check else ""
    return [
        v4.new_markdown_cell(f"{heading}\n\n{with_addresses(exercise.text, page)}"),
        v4.new_code_cell("# Your answer\n"),
        v4.new_code_cell(f"{hint}{result} = {exercise.check}\n{result}"),
    ]


def main(book: Path = ROOT / "book", folder: Path = ROOT / "_build" / "assignments") -> None:
    """Write the assignments of all notebooks."""
    folder.mkdir(parents=True, exist_ok=True)
    for path in sorted(book.glob("*.ipynb")):
        made = assignment(nbformat.read(path, as_version=4), path.stem)
        if made is not None:
            nbformat.write(made, folder / path.name)
            print(folder / path.name)


if __name__ == "__main__":
    sys.exit(main())
