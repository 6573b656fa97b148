"""The tokenizers of the page, in JavaScript: all that they do equals what the package does.

No engine is needed, but Node.js. Each test starts it once, with a file of tasks.
"""

import json
import os
import random
import time
import unicodedata
from functools import cache
from html.entities import name2codepoint
from pathlib import Path

import pytest
from in_node import run_in_node
from page_tokens import tokens_for_page

from s2s_lesson import corpora
from s2s_lesson.data import SPECIAL_TOKENS, Subwords, TextSides, Vocabulary, detokenize
from s2s_lesson.data.description import read_description, write_description
from s2s_lesson.data.marks import ENDS, WIDE
from s2s_lesson.data.preparation import Preparation

SPANISH = Path(os.environ.get("S2S_LESSON_DATA", "-"), "spa-eng")
RUNNER = "run_tokens.mjs"
KINDS = ("characters", "whitespace", "casual", "bpe", "unigram")
KEPT = {"strip_punctuation": False, "remove_stop_words": False, "keep_alphabetic": False}  # as in presets
NO_WORDS = {"remove_stop_words": False, "keep_alphabetic": False}
SEED = 20
HELD_OUT, DRAWN = 2_000, 1_000  # texts that are compared
FEW = 200  # of each in the fast tier

LETTERS = "aeiostdpxzAEINSTDPıİſK" + "éñßüøæÅŒǅﬁΣσςΩжЯћאבשمحनमกไ你好日本語ひカ한글" + "0123456789٣४５²½"
MARKS = (
    "".join(map(chr, range(33, 48))) + ":;<=>?@[\\]^_`{|}~¿¡«»“”„‟‘’‛…–—€°§" + "".join(sorted(ENDS | WIDE))
)
BLANKS = " \t\n\r\v\f\x1c\x1d\x1e\x1f\x85\xa0\u1680\u2003\u2009\u2028\u2029\u202f\u205f\u3000\u200b\ufeff▁"
JOINING = (
    "\u0300\u0301\u0307\u0308\u0327\u0345\u064b\u093f\u3099\ufe0e\ufe0f\u200c\u200d\u20e3\u1100\u1161\u11a8"
)
WORDS = """
don't I'm they're WON'T it'll 'em 'til 'tis goin' rock'n'roll ma'am o'clock 's ééééé sooooo nooooo!!!!!
hahahahaha -- --- ... .... . .. !!!! ??!! ------> <---- <3 </3 :-) ;-P :'( :O) =D 8-) (: d: @] >:( xD
¯\\_(ツ)_/¯ ^_^ $5 #1 50% 3.14 +1-2 10:30 1/2 ３．１４ 2024-02-30 1,000,000 +49-151 http://a.b/c?d=(e)f
https://x.org/wiki/A_(b(c)d) http:/// http:x. HTTPſ://K.com/ www.example.com. me@example.com
foo.na@example.com :@b.com a.b.c.d.e.com b.com@ aİ.ſK a.com5 a.com_b a.abcdefghijklmnopq @name @@ #tag
##a'b-c# a_b_ _ __init__ well-known x-y-z -a- 'a' "b" <b> <br/> </p> &amp; &AMP; &lt;3 &#39; &#x27;
&#128; &#129; &#150; &#0; &#x110000; &#1114112; &xi; &hearts; &nbsp; &eacute; &#x1F600;
&#x1F1EA;&#x1F1F8; &#x1F3F4;FLAG_OF_ENGLAND &#46; &notanentity; &; &&amp;; <unk> <s> </s> <pad> ▁the ▁▁
ΟΔΟΣ ὈΔΥΣΣΕΎΣ Σ ΑΣ. ΑΣ'Α İSTANBUL DŽ ǅ STRAẞE ﬀ ﬁn ❤️ ❤ 👩‍💻 👨‍👩‍👧 👍🏽 ✌🏿 a🏽 🇪🇸🇫🇷 🇪 🇪🇸‍❤ 1️⃣ #️⃣ *⃣
🏴FLAG_OF_ENGLAND 🏴FLAG_OF_ENGLAND🏽 🏳️‍🌈 ☎︎ 🤷🏾‍♀️ a‍b ‍‍
"""
WORDS = WORDS.replace(
    "FLAG_OF_ENGLAND", "\U000e0067\U000e0062\U000e0065\U000e006e\U000e0067\U000e007f"
).split()
WORDS += ["\U0001f3f4\U000e0075\U000e0073\U000e0063\U000e0061\U000e007f"]  # California's
WORDS += [". . .", ".\n.", ". \r\n.", ".\x85 ."]
HARD = """
' ' " " - - -- EM til Bout GOIN goin İN n't N'T 'S 'ſ 'll 'K $ ( ) ¿ a ▁b ، 。 「 !? …
"""  # to put together


@cache
def assigned():
    """All characters that this Python's Unicode knows, but private ones and surrogates."""
    every = map(chr, range(0x110000))
    return [character for character in every if unicodedata.category(character) not in ("Cn", "Co", "Cs")]


def drawn_texts(count, seed=SEED):
    """Texts of what is hard: words, letters, marks, blanks and any character, beside each other."""
    draw = random.Random(seed)

    def part():
        kind = draw.randrange(8)
        if kind < 3:
            return draw.choice(WORDS)
        if kind < 7:
            letters = draw.choice((LETTERS, MARKS, BLANKS, LETTERS + JOINING))
            return "".join(draw.choices(letters, k=draw.randint(1, 5))) * draw.choice((1, 1, 1, 5))
        return "".join(draw.choices(assigned(), k=3))

    texts = [
        "".join(part() + draw.choice(("", " ")) for _ in range(draw.randrange(12))) for _ in range(count)
    ]
    return ["", " ", "▁", "\ufeff\ufeffa", *texts]


@cache
def chat():
    return corpora.load("chitchat")


@cache
def tokens_of(kind, count=600):
    """A tokenizer; a trained one learned 400 pieces from dialogue."""
    if kind not in ("bpe", "unigram"):
        return kind
    return Subwords.train([source.lower() for source, _ in chat().train[:count]], 400, kind)


def vocab_of(tokens, lists):
    if isinstance(tokens, Subwords):
        return Vocabulary(piece for piece in tokens.pieces if piece not in SPECIAL_TOKENS)
    return Vocabulary.from_tokens(lists, max_size=300)


def expect_equal(folder, *sides):
    """Compare the two languages.

    Args:
        folder: Path, for a file.
        *sides: pairs of a ``Preparation`` and texts.
    """
    tasks, expected, draw = [], [], random.Random(SEED)
    for preparation, texts in sides:
        lists = list(map(preparation, texts))
        vocab = vocab_of(preparation.tokens, lists)
        seen = sorted({token for tokens in lists for token in tokens})
        mixed = [
            draw.choices(HARD.split() + draw.choices(seen, k=9), k=draw.randrange(9)) for _ in range(300)
        ]
        ids = [draw.choices(range(len(vocab)), k=9) for _ in range(9)]
        task = {"texts": texts, "tokens": lists + mixed, "ids": ids}
        tasks.append({"description": tokens_for_page(preparation, vocab), **task})
        expected.append(
            {
                "tokens": lists,
                "ids": list(map(vocab.encode, lists)),
                "texts": [detokenize(tokens, preparation.tokens) for tokens in lists + mixed],
                "decoded": list(map(vocab.decode, ids)),
            }
        )
    for (preparation, texts), here, there in zip(
        sides, expected, run_in_node(RUNNER, tasks, folder), strict=True
    ):
        assert there.keys() == here.keys(), there
        for name in here:
            asked = texts if name in ("tokens", "ids") else range(len(here[name]))
            wrong = [
                (text, right, other)
                for text, right, other in zip(asked, here[name], there[name], strict=True)
                if right != other
            ]
            assert not wrong, f"{preparation}: {len(wrong)} of {len(here[name])} {name} differ: {wrong[:5]}"


def expect_equal_dialogue(folder, kind, count):
    sources = [source for source, _ in chat().test[:count]]
    assert len(sources) == count
    source_side = Preparation(tokens_of(kind), True, KEPT, strip=True)
    target_side = Preparation(tokens_of(kind))
    expect_equal(folder, (source_side, sources), (target_side, sources[:50]))


@pytest.mark.parametrize("kind", KINDS)
def test_dialogue_is_split_and_put_together_as_in_python(tmp_path, kind):
    expect_equal_dialogue(tmp_path, kind, FEW)


@pytest.mark.slow(
    guard="tests/tools/test_page_tokens.py::test_dialogue_is_split_and_put_together_as_in_python"
)
@pytest.mark.parametrize("kind", KINDS)
def test_two_thousand_lines_of_dialogue_are_split_as_in_python(tmp_path, kind):
    expect_equal_dialogue(tmp_path, kind, HELD_OUT)


def expect_equal_drawn(folder, kind, count):
    tokens, texts = tokens_of(kind), drawn_texts(count)
    few = len(texts) // 8
    expect_equal(
        folder,
        (Preparation(tokens, strip=True), texts),
        (Preparation(tokens, True, KEPT, strip=True), texts),
        (Preparation(tokens, True), texts[:few]),
        (Preparation(tokens, False, NO_WORDS), texts[:few]),
        (Preparation(tokens, False, {**KEPT, "lower": False}), texts[:few]),
    )


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_drawn_is_split_and_put_together_as_in_python(tmp_path, kind):
    expect_equal_drawn(tmp_path, kind, FEW)


@pytest.mark.slow(
    guard="tests/tools/test_page_tokens.py::test_what_is_drawn_is_split_and_put_together_as_in_python"
)
@pytest.mark.parametrize("kind", KINDS)
def test_a_thousand_drawn_texts_are_split_as_in_python(tmp_path, kind):
    expect_equal_drawn(tmp_path, kind, DRAWN)


def test_each_character_is_normalised_and_made_lower_case_as_in_python(tmp_path):
    alone = "".join(f"{character}Ab\n" for character in assigned())
    texts = [alone[start : start + 4_000] for start in range(0, len(alone), 4_000)]
    expect_equal(tmp_path, (Preparation("whitespace", True, KEPT), texts))


def test_dates_are_split_as_in_python(tmp_path):
    pairs = corpora.load("dates").test[:FEW]
    sources, targets = zip(*pairs, strict=True)
    source_side, target_side = Preparation("characters", strip=True), Preparation("characters")
    expect_equal(tmp_path, (source_side, list(sources)), (target_side, list(targets)))


@pytest.mark.parametrize("kind", ["bpe", "unigram"])
def test_subwords_of_two_languages_at_once_are_those_of_python(tmp_path, kind):
    english = [source for source, _ in chat().train[:200]]
    dates = [f"{source} {target}" for source, target in corpora.load("dates").train[:200]]
    shared = Subwords.train([*english, *dates, "▁ çåñ 日本語 <s> <unk> </s>"] * 2, 500, kind)
    source_side, target_side = Preparation(shared, True, strip=True), Preparation(shared, True)
    expect_equal(tmp_path, (source_side, english + drawn_texts(100)), (target_side, dates))


def test_a_word_of_20_000_letters_is_split_soon(tmp_path):
    """Somebody may paste one. It takes a second; to look at all pairs anew for each join took twenty."""
    words = (word for source, _ in chat().train[:9000] for word in source.lower().split() if word.isalpha())
    preparation = Preparation(tokens_of("bpe"))
    start = time.monotonic()
    expect_equal(tmp_path, (preparation, ["".join(words)[:20_000]]))
    assert time.monotonic() - start < 9


@pytest.mark.slow(
    guard="tests/tools/test_page_tokens.py::test_what_is_drawn_is_split_and_put_together_as_in_python"
)
@pytest.mark.skipif(not SPANISH.is_dir(), reason="needs S2S_LESSON_DATA/spa-eng")
def test_spanish_is_split_and_put_together_as_in_python(tmp_path):
    corpus = corpora.load("spanish")
    sources, targets = zip(*corpus.test[:HELD_OUT], strict=True)
    learned = Subwords.train([target for _, target in corpus.train[:500]], 400)
    expect_equal(
        tmp_path,
        (Preparation("casual", True, KEPT, strip=True), list(sources)),
        (Preparation("casual", True, KEPT), list(targets)),
        (Preparation(learned, True, KEPT), list(targets)),
    )


def test_a_saved_folder_has_all_that_the_page_needs(tmp_path):
    subwords = tokens_of("unigram")
    vocab = vocab_of(subwords, [])
    options = {"normalisation": True, "cleaning": KEPT}
    made = TextSides(vocab, Vocabulary("ab"), source_tokens=subwords, target_tokens="characters", **options)
    write_description(tmp_path, *made.description())
    source_vocab, target_vocab, read = read_description(tmp_path)
    sides = TextSides(source_vocab, target_vocab, **read)
    page = tokens_for_page(sides.prepare_source, sides.source_vocab)
    assert page == tokens_for_page(made.prepare_source, vocab) == json.loads(json.dumps(page))
    assert [piece for piece, _ in page["pieces"]] == subwords.pieces and page["strip"]
    assert tokens_for_page(sides.prepare_target, sides.target_vocab) == {
        "kind": "characters",
        "normalisation": True,
        "cleaning": KEPT,
        "strip": False,
        "vocabulary": ["a", "b"],
    }


def test_entities_of_html_are_those_of_python(tmp_path):
    texts = [f"a &{name}; b" for name in name2codepoint] + [f"&#{number};!" for number in range(300)]
    expect_equal(tmp_path, (Preparation("casual"), texts))


def test_what_javascript_cannot_do_alike_is_refused(tmp_path):
    page = tokens_for_page(Preparation("whitespace", False, KEPT, strip=True), Vocabulary("ab"))
    wrong = {
        "received words": {"description": {**page, "kind": "words"}},
        "received icu": {"description": {**page, "kind": "icu"}},
        "received undefined": {"description": {"vocabulary": []}},
        "remove_stop_words: false": {"description": {**page, "cleaning": {}}},
        "keep_alphabetic: false": {"description": {**page, "cleaning": {**KEPT, "keep_alphabetic": True}}},
        "received stem: true": {"description": {**page, "cleaning": {**KEPT, "stem": True}}},
        "received lower: 1": {"description": {**page, "cleaning": {**KEPT, "lower": 1}}},
        "received half of one": {"description": page, "texts": ["a \ud83d b"]},
        "from 0 to 5; received 6": {"description": page, "ids": [[4, 6]]},
        "from 0 to 5; received -1": {"description": page, "ids": [[-1]]},
        "from 0 to 5; received 4.5": {"description": page, "ids": [[4.5]]},
    }
    for said, result in zip(wrong, run_in_node(RUNNER, list(wrong.values()), tmp_path), strict=True):
        error = result.get("error", "no error")
        assert error.startswith("Expected ") and said in error, (said, error)
