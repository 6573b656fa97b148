"""Toy tasks that need no data: copy, reverse or sort a row of letters."""

import random
import string
from collections.abc import Callable

from s2s_lesson.corpora._corpus import Corpus, Pair

TASKS: dict[str, Callable[[list[str]], list[str]]] = {
    "copy": list,
    "reverse": lambda symbols: symbols[::-1],
    "sort": sorted,
}


def load(
    task: str = "copy",
    *,
    seed: int = 0,
    alphabet_size: int = 10,
    min_length: int = 3,
    max_length: int = 8,
    train_size: int = 2_000,
    dev_size: int = 200,
    test_size: int = 200,
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
    if task not in TASKS:
        raise ValueError(f"Expected a task, one of {', '.join(TASKS)}; received {task!r}.")
    if not 1 <= alphabet_size <= len(string.ascii_letters):
        raise ValueError(f"Expected an alphabet_size from 1 to 52; received {alphabet_size}.")
    if not 1 <= min_length <= max_length:
        raise ValueError(f"Expected 1 <= min_length <= max_length; received {min_length} and {max_length}.")
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
