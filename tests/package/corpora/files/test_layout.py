"""A layout is what can be, or is refused."""

import pytest

from s2s_lesson.corpora.files import Layout


@pytest.mark.parametrize(
    "wrong",
    [
        {"format": "xml"},
        {"delimiter": ""},
        {"format": "csv", "delimiter": "||"},
        {"delimiter": "\n"},
        {"encoding": "klingon"},
        {"source_column": 0},
        {"target_column": True},
        {"source_column": ""},
        {"comment": ""},
        {"format": "jsonl", "source_column": 2},
        {"format": "jsonl", "delimiter": ","},
        {"format": "parallel", "comment": "#"},
        {"header": False, "source_column": "de"},
    ],
)
def test_a_layout_that_cannot_be_is_refused(wrong):
    with pytest.raises(ValueError, match=r"Expected .*; received "):
        Layout(**wrong)
