"""Texts and pairs of whatever kind become plain lists, or an error names the row and what it holds."""

import numpy as np
import pandas as pd
import pytest

from s2s_lesson.data.incoming import plain_list, plain_pairs, plain_texts

TEXTS = ["one", "two", "three"]
PAIRS = [("one", "1"), ("two", "2"), ("three", "3")]
LATE = [7, 2, 5]  # an index that is not 0, 1, 2


class PolarsTable:
    """What Polars' ``DataFrame`` has: columns, rows, and columns where one goes through it."""

    def __init__(self, **columns):
        self.data = columns

    @property
    def columns(self):
        return list(self.data)

    def iter_rows(self):
        return zip(*self.data.values(), strict=True)

    def __iter__(self):
        return iter(self.data.values())


class Dataset:
    """What a ``Dataset`` of Hugging Face's ``datasets`` has: columns, and rows that are dicts."""

    def __init__(self, *rows, column_names=None):
        self.rows, self.column_names = rows, column_names  # None: one that streams may not know them

    def select_columns(self, names):
        return Dataset(*({name: row[name] for name in names} for row in self.rows), column_names=names)

    def __iter__(self):
        return iter(self.rows)


class DatasetDict(dict):
    """Several of them by name."""

    @property
    def column_names(self):
        return {name: dataset.column_names for name, dataset in self.items()}


ROWS = [{"id": place, "en": source, "number": target} for place, (source, target) in enumerate(PAIRS)]
DATASET = Dataset(*ROWS, column_names=["id", "en", "number"])
TRANSLATIONS = [{"translation": {"en": source, "fr": target}} for source, target in PAIRS]
TABLE = pd.DataFrame({"en": TEXTS, "number": ["1", "2", "3"]}, index=LATE)


@pytest.mark.parametrize(
    "texts",
    [
        TEXTS,
        tuple(TEXTS),
        (text for text in TEXTS),
        dict.fromkeys(TEXTS).keys(),
        np.array(TEXTS),
        np.array(TEXTS, object),
        pd.Series(TEXTS, index=LATE),
        pd.Series(TEXTS, dtype="category"),
        pd.Index(TEXTS),
        pd.DataFrame({"en": TEXTS}, index=LATE),
        PolarsTable(en=TEXTS),
    ],
    ids=lambda texts: type(texts).__name__,
)
def test_texts_of_any_kind_become_a_list_in_their_order(texts):
    plain = plain_texts(texts)
    assert plain == TEXTS and all(type(text) is str for text in plain)


@pytest.mark.parametrize(
    "pairs",
    [
        PAIRS,
        [list(pair) for pair in PAIRS],
        zip(*zip(*PAIRS, strict=True), strict=True),
        (pair for pair in PAIRS),
        np.array(PAIRS),
        np.array(PAIRS, object),
        pd.Series(PAIRS, index=LATE),
        TABLE,
        pd.DataFrame(PAIRS),
        PolarsTable(en=TEXTS, number=["1", "2", "3"]),
    ],
    ids=lambda pairs: type(pairs).__name__,
)
def test_pairs_of_any_kind_become_a_list_of_source_and_target(pairs):
    plain = plain_pairs(pairs)
    assert plain == PAIRS and all(type(text) is str for pair in plain for text in pair)


def test_columns_are_source_and_target_in_their_order():
    assert plain_pairs(TABLE[["number", "en"]])[1] == ("2", "two")


@pytest.mark.parametrize(
    ("values", "received"),
    [
        ("one", r"one string. Write \[text\]"),
        (b"one", "bytes"),
        ({"one": "1"}, "dict"),
        ({"one", "two"}, "set"),
        (None, "NoneType"),
        (7, "int"),
        (np.array("one"), "ndarray"),
    ],
)
@pytest.mark.parametrize("plain", [plain_list, plain_texts, plain_pairs])
def test_what_is_no_list_is_named(plain, values, received):
    with pytest.raises(TypeError, match=f"Expected a list of [a-z]+; received {received}"):
        plain(values)


def test_tables_with_other_columns_are_named():
    three = pd.DataFrame({"id": [1], "en": ["one"], "de": ["eins"]})
    with pytest.raises(ValueError, match="two columns, source and target; received 3 columns: id, en, de"):
        plain_pairs(three)
    with pytest.raises(ValueError, match="received 1 columns: en"):
        plain_pairs(TABLE[["en"]])
    with pytest.raises(ValueError, match=r"of texts, or one column; received .* 2 columns: en, number"):
        plain_texts(TABLE)


MISSING = [None, float("nan"), np.float32("nan"), pd.NA, pd.NaT]


@pytest.mark.parametrize(
    ("value", "received"),
    [
        *((value, f"{value!r}, a missing value. Leave such rows out") for value in MISSING),
        (5, "int 5"),
        (2.5, "float 2.5"),
        (b"ab", "bytes b'ab'"),
        (["ab"], r"list \['ab'\]"),
    ],
)
def test_an_item_that_is_no_string_is_named_with_its_row(value, received):
    received = received.replace("(", r"\(").replace(")", r"\)")
    with pytest.raises(TypeError, match=f"row 2 of words .*; received {received}"):
        plain_texts(["a", "b", value], "words")
    with pytest.raises(TypeError, match=f"the source of row 1 of pairs .*; received {received}"):
        plain_pairs([("a", "b"), (value, "c")])
    with pytest.raises(TypeError, match=f"the target of row 1 of pairs .*; received {received}"):
        plain_pairs([("a", "b"), ("c", value)])


def test_an_empty_cell_of_a_table_is_named_with_its_row():
    table = pd.DataFrame({"source": ["a", "b", None], "target": ["1", None, "3"]}, index=LATE)
    with pytest.raises(TypeError, match=r"the target of row 1 of pairs .*a missing value"):
        plain_pairs(table)
    with pytest.raises(TypeError, match=r"row 2 of texts .*a missing value"):
        plain_texts(table["source"])


@pytest.mark.parametrize(
    ("row", "error", "received"),
    [
        (("a", "b", "c"), ValueError, "3 items: str 'a', str 'b', str 'c'"),
        (["a"], ValueError, "1 items: str 'a'"),
        ("ab", TypeError, "str 'ab'"),  # which would be the pair "a", "b"
        ({"source": "a", "target": "b"}, TypeError, "dict"),
        (None, TypeError, "None, a missing value"),
        (7, TypeError, "int 7"),
    ],
)
def test_a_row_that_is_no_pair_is_named(row, error, received):
    with pytest.raises(error, match=f"a source and a target in row 1 of pairs; received {received}"):
        plain_pairs([("a", "b"), row])


@pytest.mark.parametrize("half", ["\ud83d", "a\udc80b"])
def test_half_a_character_is_an_error_before_it_is_learned(half):
    """It cannot be written as UTF-8: a model would be trained on it, and then could not be saved."""
    with pytest.raises(ValueError, match=r"row 1 of texts .*; received half of one, '\\u"):
        plain_texts(["a", half])
    with pytest.raises(ValueError, match="whole characters in the target of row 0 of pairs"):
        plain_pairs([("a", half)])
    assert plain_texts(["👩‍💻"]) == ["👩‍💻"]


@pytest.mark.parametrize(
    "dataset",
    [
        DATASET.select_columns(["en", "number"]),
        Dataset(*DATASET.select_columns(["en", "number"])),
        Dataset(*TRANSLATIONS, column_names=["translation"]),
        Dataset(*TRANSLATIONS),
    ],
)
def test_a_dataset_of_two_columns_or_of_translations_is_pairs(dataset):
    assert plain_pairs(dataset) == PAIRS


def test_a_column_of_a_dataset_is_texts():
    assert plain_texts(DATASET.select_columns(["en"])) == TEXTS
    with pytest.raises(ValueError, match=r"received a table of 3 columns: id, en, number. .*select_columns"):
        plain_texts(DATASET)


@pytest.mark.parametrize(
    ("dataset", "message"),
    [
        (DATASET, r"received 3 columns: id, en, number\. .*select_columns\(\[source, target\]\)"),
        (DATASET.select_columns(["en"]), r"the column 'en' with str 'one'\. .*select_columns"),
        (Dataset({"all": {"de": "a", "en": "b", "fr": "c"}}), r"translations between two languages"),
    ],
)
def test_a_dataset_of_other_columns_says_which_to_choose(dataset, message):
    with pytest.raises(ValueError, match=message):
        plain_pairs(dataset)


def test_a_missing_language_is_told_with_its_row():
    with pytest.raises(TypeError, match=r"the target of row 1 of pairs .*received None, a missing value"):
        plain_pairs(Dataset({"t": {"de": "a", "en": "b"}}, {"t": {"de": "c"}}))


@pytest.mark.parametrize("read", [plain_pairs, plain_texts])
def test_several_datasets_are_named(read):
    with pytest.raises(TypeError, match=r"the splits train, test\. Choose one, such as datasets\['train'\]"):
        read(DatasetDict(train=DATASET, test=DATASET))


def test_records_say_how_they_become_pairs():
    with pytest.raises(
        TypeError, match=r"row 0 .*received dict .*\[\(row\['en'\], row\['number'\]\) for row in rows\]"
    ):
        plain_pairs([{"en": "one", "number": "1"}])
