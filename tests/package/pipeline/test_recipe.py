"""From settings to a run: what is left out is chosen, what was chosen is kept, and repeats the run."""

import pytest

from s2s_lesson.data import Noise, Subwords
from s2s_lesson.pipeline.corpus_choice import corpus_of
from s2s_lesson.pipeline.recipe import made, prepare
from s2s_lesson.pipeline.settings import assigned, read_settings, written
from s2s_lesson.training import JointTraining, LinearDecay, ScheduledSampling

TINY = {
    "model": {"embedding_dim": 3, "encoder_units": 5, "decoder_units": 7},
    "training": {"epochs": 1, "batch_size": 47},
}
DIGITS = dict(enumerate(["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"]))


@pytest.fixture
def pairs(tmp_path):
    """A file of 100 pairs: numbers, and their digits in words."""
    path = tmp_path / "pairs.tsv"
    rows = (
        f"{number}\t{' '.join(DIGITS[int(digit)] for digit in str(number))}" for number in range(100, 200)
    )
    path.write_text("\n".join(rows), encoding="utf-8")
    return path


def settings_of(path, **tables):
    return {**TINY, "data": {"files": [str(path)]}, **tables}


def test_what_is_left_out_is_recommended(pairs):
    heard = []
    recipe = prepare(settings_of(pairs), say=heard.append)
    assert recipe.settings["run"]["preset"] == "auto"
    assert recipe.settings["texts"]["source_tokens"] == "characters"
    assert recipe.settings["texts"]["target_tokens"] == "words"
    assert "100 rows" in heard[0] and heard[1].startswith("recommended")
    assert recipe.pipeline.model.config.encoder_units == 5
    assert sum(map(len, recipe.corpus.splits.values())) == 100


def test_every_option_that_was_used_is_kept(pairs):
    kept = prepare(settings_of(pairs)).settings
    config = prepare(settings_of(pairs)).pipeline.model.config
    assert all(getattr(config, name) == value for name, value in kept["model"].items())
    assert kept["data"]["delimiter"] == "\t" and kept["data"]["header"] is False
    assert len(kept["data"]["sha256"]) == 64


@pytest.mark.slow(
    guard="tests/package/commands/test_own_files.py::"
    "test_the_run_holds_its_settings_and_they_repeat_it_bit_for_bit"
)
def test_the_settings_that_were_used_repeat_the_run_bit_for_bit(pairs, tmp_path, uncompiled):
    def history_of(recipe):
        train, dev = recipe.corpus.train, recipe.corpus.dev
        history = recipe.pipeline.fit(train, dev, progress=False, **recipe.training())
        return {name: values for name, values in history.items() if name != "seconds"}

    first = prepare(settings_of(pairs))
    path = tmp_path / "run.toml"
    path.write_text(written(first.settings), encoding="utf-8")
    before = history_of(first)
    again = prepare(read_settings(path))  # which seeds all generators: PyTorch's dropout has no other
    assert again.settings == first.settings
    assert history_of(again) == before


def test_other_content_than_that_of_the_run_is_an_error(pairs):
    kept = prepare(settings_of(pairs)).settings
    pairs.write_text(pairs.read_text(encoding="utf-8") + "\n7\tseven\n", encoding="utf-8")
    with pytest.raises(ValueError, match="take sha256 out of the settings"):
        prepare(kept)
    kept["data"]["sha256"] = None
    assert sum(map(len, prepare(kept).corpus.splits.values())) == 101


def test_options_go_before_what_is_recommended(pairs):
    given = settings_of(pairs, texts={"source_tokens": "bpe", "max_vocab_size": 40})
    recipe = prepare(given)
    assert isinstance(recipe.pipeline.source_tokens, Subwords)
    assert recipe.settings["texts"]["source_tokens"] == "bpe"
    assert recipe.settings["texts"]["target_tokens"] == "words"


def test_a_preset_brings_its_sizes_to_files(pairs):
    recipe = prepare({"data": {"files": [str(pairs)]}, "run": {"preset": "copy"}})
    assert recipe.settings["model"]["encoder_units"] == 64
    assert recipe.settings["texts"]["target_tokens"] == "words"
    assert recipe.settings["training"]["epochs"] == 10


def test_a_corpus_keeps_what_its_preset_says():
    small = {"train_size": 31, "dev_size": 7, "test_size": 5}
    recipe = prepare({"run": {"corpus": "copy", "corpus_options": small}})
    assert recipe.settings["run"]["preset"] == "copy"
    assert recipe.settings["optimization"]["learning_rate"] == 5e-3
    assert recipe.settings["model"]["max_target_length"] == recipe.settings["texts"]["max_output_length"]
    corpus, _ = corpus_of(recipe.settings)
    assert corpus.splits == recipe.corpus.splits


def test_backward_turns_pairs_round(pairs):
    forward, _ = corpus_of({"data": {"files": str(pairs)}})
    backward, loaded = corpus_of({"data": {"files": str(pairs)}, "run": {"backward": True}})
    assert backward.train[0] == tuple(reversed(forward.train[0])) and loaded["run"]["backward"]


def test_strategies_are_made_from_their_names(pairs):
    tables = [
        {"name": "ScheduledSampling", "schedule": {"name": "LinearDecay", "steps": 30}, "choose": "sample"},
        {"name": "JointTraining"},
    ]
    model = {**TINY["model"], "encoder_output_layer": True}
    recipe = prepare(settings_of(pairs, strategies=tables, model=model))
    sampling, joint = recipe.training()["strategies"]
    assert sampling == ScheduledSampling(LinearDecay(30), choose="sample") and joint == JointTraining()


def test_noise_has_a_table_of_its_own(pairs):
    recipe = prepare(settings_of(pairs, **assigned("noise.drop=0.25")))
    assert recipe.training()["noise"] == Noise(drop=0.25)
    assert not prepare(settings_of(pairs)).training()["noise"]
    with pytest.raises(ValueError, match=r"Expected swap from 0 to 1; received 2. .* It stands in \[noise\]"):
        assigned("noise.swap=2")


@pytest.mark.parametrize(
    ("table", "said"),
    [
        ({"name": "Sampling"}, "Expected a strategy or schedule with the name TeacherForcing or"),
        (
            {"name": "JointTraining", "weight": 1},
            r"Expected options of JointTraining among .*received \['weight'\]",
        ),
        ({"name": "TeacherForcing", "ratio": 2}, "Expected ratio from 0 to 1; received 2"),
        ({}, "Expected a strategy or schedule"),
    ],
)
def test_strategies_that_cannot_be_are_errors(table, said):
    with pytest.raises(ValueError, match=said):
        made(table)


def test_nothing_to_learn_from_and_two_things_are_errors(pairs):
    with pytest.raises(ValueError, match="Expected what to learn from: --data FILE"):
        prepare({})
    with pytest.raises(ValueError, match="Expected a corpus, files or a chat to learn from; received more"):
        prepare(settings_of(pairs, run={"corpus": "copy"}))
