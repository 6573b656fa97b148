"""Toy tasks that need no data: copy, reverse or sort a row of letters."""

import random
import string
from collections.abc import Callable
from typing import Annotated, Literal, TypeAlias

from s2s_lesson.corpora._corpus import Corpus, Pair, expect_room
from s2s_lesson.data.expected import NonNegativeInt, PositiveInt, Range, Seed, checked, expect

Task: TypeAlias = Literal["copy", "reverse", "sort"]
TASKS: dict[Task, Callable[[list[str]], list[str]]] = {
    "copy": list,
    "reverse": lambda symbols: symbols[::-1],
    "sort": sorted,
}


@checked
def load(
    task: Task = "copy",
    *,
    seed: Seed = 0,
    alphabet_size: Annotated[int, Range(1, len(string.ascii_letters))] = 10,
    min_length: PositiveInt = 3,
    max_length: PositiveInt = 8,
    train_size: NonNegativeInt = 2_000,
    dev_size: NonNegativeInt = 200,
    test_size: NonNegativeInt = 200,
) -> Corpus:
    """Generate rows of letters and what the task makes of them: "c a b" -> "b a c" for "reverse".

    All sources differ, so that no split shares one with another.

    Args:
        task: "copy", "reverse" or "sort".
        seed: chooses the rows.
        alphabet_size: number of different letters, from 1 to 52: a to z, then A to Z.
        min_length, max_length: letters in a row, both included.
        train_size, dev_size, test_size: pairs in each split.

    Returns:
        The corpus, with blanks between the letters, for the tokenizer "whitespace"; its name is the task's.

    Raises:
        ValueError: an option is out of its range, or there are not so many different rows.
    """
    expect("max_length", max_length, max_length >= min_length, f"of at least min_length={min_length}")
    expect_room(train_size=train_size, dev_size=dev_size, test_size=test_size)
    size = train_size + dev_size + test_size
    random_state = random.Random(seed)
    letters = string.ascii_letters[:alphabet_size]
    rows: dict[str, None] = {}
    for _ in range(20 * size):
        if len(rows) == size:
            break
        length = random_state.randint(min_length, max_length)
        rows[" ".join(random_state.choices(letters, k=length))] = None
    if len(rows) < size:
        raise ValueError(
            f"Expected {size} different rows; received only {len(rows)} with {alphabet_size} letters and "
            f"up to {max_length} in a row. Ask for fewer pairs, more letters or longer rows."
        )
    pairs = [Pair(row, " ".join(TASKS[task](row.split()))) for row in rows]
    splits = {
        "train": pairs[:train_size],
        "dev": pairs[train_size : train_size + dev_size],
        "test": pairs[train_size + dev_size :],
    }
    return Corpus(task, splits, "whitespace", "whitespace")
