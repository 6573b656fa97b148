"""A stored pipeline is one file: whole, its own, or refused with what to do."""

import copy
import functools
import gc
import json
import os
import pickle
import shutil
import subprocess
import sys
import weakref
from pathlib import Path

import keras
import numpy as np
import psutil
import pytest

from s2s_lesson import TextToText
from s2s_lesson.data.description import description_files
from s2s_lesson.data.whole_files import enclosed
from s2s_lesson.layers import AttentionDecoder, RecurrentEncoder
from s2s_lesson.models.stored import write_model

PAIRS, OTHERS = [("one two", "1 2"), ("two", "2")], [("six ten", "6 9"), ("ten", "9")]
SMALL = {"embedding_dim": 3, "encoder_units": 5, "decoder_units": 7}


def made(pairs=PAIRS):
    return TextToText.from_pairs(pairs, **SMALL)


def words(folder):
    """The words that a folder's pipeline knows, and whether its model is of that size."""
    return set(TextToText.load(folder).source_vocab.tokens[4:])


@pytest.mark.parametrize("weights", ["float32", "float16"])
def test_a_save_that_breaks_off_leaves_the_old_pipeline(tmp_path, monkeypatch, weights):
    made().save(tmp_path)

    def stopped(*_):
        raise KeyboardInterrupt

    for broken in ("os.replace", "os.fsync", "s2s_lesson.models.stored.enclose"):
        with monkeypatch.context() as patched, pytest.raises(KeyboardInterrupt):
            patched.setattr(broken, stopped)
            made(OTHERS).save(tmp_path, weights)
        assert words(tmp_path) == {"one", "two"} and len(list(tmp_path.iterdir())) == 1
    made(OTHERS).save(tmp_path, weights)
    assert words(tmp_path) == {"six", "ten"} and len(list(tmp_path.iterdir())) == 1


def test_a_model_brings_its_own_words_along(tmp_path):
    """Those of another pipeline of equal sizes cannot be mixed with it, whatever else is in the folder."""
    made().save(tmp_path / "one")
    made(OTHERS).save(tmp_path / "other")
    for name, content in description_files(*made().description()).items():
        (tmp_path / "other" / name).write_bytes(content)
    assert words(tmp_path / "other") == {"six", "ten"}
    shutil.copy(tmp_path / "one" / "model.keras", tmp_path / "other" / "model.keras")
    assert words(tmp_path / "other") == {"one", "two"}


def flipped(content):
    """The bytes with one bit in the middle the other way round."""
    middle = len(content) // 2
    return content[:middle] + bytes([content[middle] ^ 1]) + content[middle + 1 :]


DAMAGE = {
    "empty": lambda content: b"",
    "cut": lambda content: content[: len(content) // 2],
    "end cut": lambda content: content[:-30],
    "bit flipped": flipped,
    "text": lambda content: b"no model at all",
}


@pytest.mark.parametrize("damage", DAMAGE)
@pytest.mark.parametrize("weights", ["float32", "float16"])
def test_a_damaged_model_is_named_with_what_to_do(tmp_path, weights, damage):
    made().save(tmp_path, weights)
    (path,) = tmp_path.iterdir()
    path.write_bytes(DAMAGE[damage](path.read_bytes()))
    with pytest.raises(ValueError, match=rf"^Expected a model.* in .*{path.name}; received a damaged file.*"):
        TextToText.load(tmp_path)


@pytest.mark.parametrize(
    "change",
    [
        {"source_tokens": 5},
        {"target_tokens": "no such tokenizer"},
        {"max_source_length": "long"},
        {"cleaning": {"no such": True}},
        {"of the future": 1},
        {"format": 99},
    ],
    ids=str,
)
def test_options_of_wrong_types_or_of_the_future_are_named(tmp_path, change):
    pipeline = made()
    files = description_files(*pipeline.description())
    files["pipeline.json"] = json.dumps({**json.loads(files["pipeline.json"]), **change}).encode("utf-8")
    write_model(pipeline.model, tmp_path / "model.keras", files)
    with pytest.raises(ValueError, match=r"^Expected .* in .*model\.keras.*; received a damaged file"):
        TextToText.load(tmp_path)


def test_another_kind_of_model_is_named(tmp_path):
    other = keras.Sequential([keras.layers.Input((3,)), keras.layers.Dense(2)])
    write_model(other, tmp_path / "model.keras", description_files(*made().description()))
    with pytest.raises(ValueError, match=r"Expected a model of s2s_lesson in .*it is a Sequential"):
        TextToText.load(tmp_path)
    os.remove(tmp_path / "model.keras")
    other.save(tmp_path / "model.keras")
    assert enclosed(tmp_path / "model.keras") == {}
    with pytest.raises(FileNotFoundError, match=r"Expected pipeline.json"):
        TextToText.load(tmp_path)


COPIES = {"pickle": lambda pipeline: pickle.loads(pickle.dumps(pipeline)), "deepcopy": copy.deepcopy}


@pytest.mark.parametrize("how", COPIES)
def test_a_pipeline_can_be_copied_and_pickled_also_after_use(how, uncompiled):
    pipeline = made()
    before = pipeline.predict(["two one"])[0]
    twin = COPIES[how](pipeline)
    after = twin.predict(["two one"])[0]
    assert (after.text, after.log_probability) == (before.text, before.log_probability)
    assert twin.description() == pipeline.description()
    twin.model.set_weights([np.zeros_like(weight) for weight in twin.model.get_weights()])
    assert pipeline.predict(["two one"])[0].log_probability == before.log_probability
    assert twin.predict(["two one"])[0].log_probability != before.log_probability


def test_after_running_out_of_memory_the_next_model_can_be_made(monkeypatch, uncompiled):
    def full(*_, **__):
        raise MemoryError

    for part in (RecurrentEncoder, AttentionDecoder):
        with monkeypatch.context() as patched, pytest.raises(MemoryError):
            patched.setattr(part, "call", functools.wraps(part.call)(full))
            made()
    assert made().predict(["one"])[0].source_tokens == ("one", "</s>")


def model_after_use(pipeline):
    """A weak reference to the model of a pipeline that has written something."""
    pipeline.predict(["one"])
    return weakref.ref(pipeline.model)


def test_a_pipeline_that_nobody_needs_is_freed_after_use():
    model = model_after_use(made())
    gc.collect()
    assert model() is None


@pytest.mark.slow(
    guard="tests/package/pipeline/test_stored_pipelines.py::test_a_pipeline_that_nobody_needs_is_freed_after_use"
)
def test_loading_predicting_and_deleting_does_not_grow(tmp_path):
    made().save(tmp_path)
    process, memory = psutil.Process(), []
    for _ in range(40):
        pipeline = TextToText.load(tmp_path)
        pipeline.predict(["two one"])
        del pipeline
        gc.collect()
        memory.append(process.memory_info().rss / 2**20)
    assert memory[-1] - memory[7] < 60, memory


STRESS = Path(__file__).parents[2] / "helpers" / "stress.py"


@pytest.mark.slow(
    guard="tests/package/pipeline/test_stored_pipelines.py::test_a_save_that_breaks_off_leaves_the_old_pipeline"
)
def test_killed_at_random_moments_nothing_is_wrong_or_lost(tmp_path):
    """As `python tests/helpers/stress.py FOLDER 10` does by hand, with as many rounds as are asked for."""
    told = subprocess.run(
        [sys.executable, STRESS, tmp_path, "10"], capture_output=True, text=True, timeout=900, check=False
    )
    assert told.returncode == 0, told.stdout + told.stderr
    assert "10 rounds: 0 wrong, 0 lost" in told.stdout
