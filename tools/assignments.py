"""Write the exercises of each notebook as an assignment: text, an empty cell, the check, and no solution.

    python tools/assignments.py

An assignment runs by itself, on Colab too: the code of its page stands before each exercise, folded. It goes
to `_build/assignments`, under the name of the notebook.
"""

import itertools
import re
import sys
from dataclasses import dataclass
from pathlib import Path

import nbformat
from lessons import Section, address, sections, with_addresses
from nbformat import v4

ROOT = Path(__file__).parents[1]
POINTS = {"easy": 1, "medium": 2, "hard": 3}
EXERCISE = re.compile(r"Exercise (\d+\.\d+) \((\w+)\)")
CHECK = re.compile(r"`(exercises\.check\(.*?\))`", re.DOTALL)
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
# {title}: exercises

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
    """

    number: str
    difficulty: str
    text: str
    solution: str

    @property
    def check(self) -> str:
        """The call that its text names."""
        return " ".join(CHECK.search(self.text)[1].split())

    @property
    def points(self) -> int:
        return POINTS[self.difficulty]


def exercise_of(section: Section) -> Exercise | None:
    """The exercise that a section is; None where it is none, or has no check."""
    heading = EXERCISE.fullmatch(section.title)
    text = "\n\n".join(itertools.takewhile(lambda part: isinstance(part, str), section.parts))
    if not (heading and CHECK.search(text)):
        return None
    solution = "\n".join(cell.source for cell in code_of(section) if is_solution(cell))
    return Exercise(heading[1], heading[2], text, solution)


def exercises_of(notebook) -> list[Exercise]:
    """The exercises of a notebook that have a check, in order."""
    return [exercise for section in sections(notebook) if (exercise := exercise_of(section))]


def code_of(section: Section) -> list:
    return [part for part in section.parts if not isinstance(part, str)]


def is_solution(cell) -> bool:
    return cell.source.startswith("# @title Solution")


def assignment(notebook, page: str):
    """The assignment of a notebook, or None where no exercise has a check."""
    exercises = exercises_of(notebook)
    if not exercises:
        return None
    title = sections(notebook)[0].title
    rows = "\n".join(f"| {one.number} ({one.difficulty}) | {one.points} |" for one in exercises)
    cells, waiting = [v4.new_markdown_cell(HOW.format(title=title, address=address(page), rows=rows))], []
    for section in sections(notebook):
        code = [cell.source for cell in code_of(section) if not is_solution(cell)]
        if exercise := exercise_of(section):
            cells += [folded(source) for source in waiting] + cells_of(exercise, page)
            waiting = []
        waiting += code
    points = {exercise.number: exercise.points for exercise in exercises}
    cells += [folded(SUM.format(points=points))]
    cells.insert(2, folded(CHECKS))  # behind the set-up
    for number, cell in enumerate(cells):
        cell.id = f"a{number:03}"
    kept = ("kernelspec", "language_info")
    metadata = {name: notebook.metadata[name] for name in kept if name in notebook.metadata}
    return v4.new_notebook(cells=cells, metadata=metadata)


def folded(source: str):
    """A cell of code that Colab folds under its title."""
    titled = source if TITLE.match(source) else f"# @title From the page\n{source}"
    return v4.new_code_cell(titled, metadata=FOLDED)


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
