"""Each extra brings what it promises, alone; the base install is NumPy, and says what is missing."""

import os
import subprocess
import sys
from pathlib import Path

import environments
import pytest
import small_export
from wheels import build, run

ROOT = Path(__file__).parents[2]
SEARCH = """
import sys
import numpy as np
from s2s_lesson import beam_search, greedy_search, sample
from s2s_lesson.data import Vocabulary, pad
from s2s_lesson.search import Constraints, Scoring, minimum_bayes_risk

def step(token_ids, state):
    return np.log(state["table"][np.arange(len(token_ids)), token_ids]), state

state = {"table": np.random.default_rng(0).dirichlet(np.ones(5), size=(2, 5))}
ends = {"bos_id": 2, "eos_id": 3, "max_output_length": 7}
options = {"n_best": 3, "scoring": Scoring(0.6), "constraints": Constraints(forbidden=[0])}
sequences = beam_search(step, state, **ends, **options).sequences
assert sequences.shape[:2] == (2, 3) and not (sequences == 0).any()
assert greedy_search(step, state, **ends).scores.shape == (2, 1)
assert sample(step, state, **ends, n_samples=5, seed=1).lengths.min() >= 1
assert pad([Vocabulary("abc").encode(["a", "z"]), [3]]).tolist() == [[4, 1, 3], [3, 0, 0]]
assert "keras" not in sys.modules
for name, extra in (("TextToText", "tensorflow"), ("Seq2Seq", "tensorflow")):
    try:
        getattr(__import__("s2s_lesson"), name)
    except ModuleNotFoundError as error:
        assert f'pip install "s2s-lesson[{extra}]"' in str(error), error
    else:
        raise AssertionError(f"{name} came without Keras")
"""
TRAINING = """
import keras
from s2s_lesson import TextToText
keras.utils.set_random_seed(0)
pairs = [("one", "1"), ("two", "2"), ("three", "3")]
pipeline = TextToText.from_pairs(pairs, source_tokens="characters", target_tokens="characters")
history = pipeline.fit(pairs, pairs, epochs=20, learning_rate=0.02, progress=False, folder=FOLDER)
assert history["loss"][-1] < history["loss"][0] / 2
texts = ["two", "one", "three"]
before, after = (model.predict(texts, beam_size=2) for model in (pipeline, TextToText.load(FOLDER)))
assert [one.log_probability for one in before] == [one.log_probability for one in after]
"""
PROMISES = {
    "": SEARCH,
    "text": """
from s2s_lesson.data import Subwords, bleu, chrf, clean, detokenize, edit_distance_rate, tokenize
assert tokenize("Don't go.", "words") == ["Do", "n't", "go", "."]
assert detokenize(tokenize("Don't go!", "casual"), "casual") == "Don't go!"
assert clean("The cat sat.") == "cat sat"
subwords = Subwords.train(["abab abba", "baba"], 9)
assert subwords.detokenize(subwords.tokenize("abba baba")) == "abba baba"
assert bleu(["a b c d"], [["a b c d"]])[0] > 99.9 and chrf(["ab"], [["ab"]])[0] > 99.9
assert edit_distance_rate(["abc"], [["abd"]]) == 1 / 3
""",
    "icu": """
from s2s_lesson.data import detokenize, tokenize
assert tokenize("私は学生です。", "icu") == ["私", "は", "学生", "です", "。"]
assert detokenize(tokenize("ฉันรักภาษาไทย ok", "icu"), "icu") == "ฉันรักภาษาไทย ok"
""",
    "corpora": """
from s2s_lesson.corpora import load, points
assert load("dates", train_size=7, dev_size=3, test_size=3).train[0].target.count("-") == 2
assert len(load("reverse").train) and len(load("chitchat").train) > 1000
assert len(load("pronunciations").train) > 100_000
assert load("appointments").train
vectors, positions = points.convex_hulls(3, 5, 7)
assert points.hull_scores(vectors, positions, positions)["accuracy"] == 1
""",
    "plots": """
from types import SimpleNamespace
import matplotlib
matplotlib.use("Agg")
import numpy as np
from s2s_lesson.teaching import plot_attention, plot_encoder_decoder, plot_history
shown = SimpleNamespace(source_tokens="ab日", tokens="cd", attention_weights=np.full((2, 3), 1 / 3))
plot_attention(shown).figure.savefig(FOLDER + ".png")
plot_history({"loss": [3.0, 2.0], "val_loss": [3.5, 2.5]})
plot_encoder_decoder("ab", "cd")
""",
    "tensorflow": TRAINING,
    "jax": TRAINING,
    "torch": TRAINING,
    "export": "import onnx, onnxruntime\nassert onnx.__version__ and onnxruntime.get_available_providers()",
    "serve": """
import json, threading
from urllib.request import Request, urlopen
import numpy as np, onnxruntime, uvicorn
from s2s_lesson.data import TextSides, Vocabulary
from s2s_lesson.deployed import writing
from s2s_lesson.deployed.manifest import Manifest
from s2s_lesson.deployed.serving import Application, listen
from s2s_lesson.deployed.serving.server import Server, address

class Constant(TextSides):
    manifest, batches_at_once = Manifest({}, "float32", {}, {}, {}, name="b"), 1
    predict, sample = writing.predict, writing.sample

    def start(self, inputs):
        return {"attention_weights": np.ones(inputs["source_ids"].shape, "float32")}

    def step(self, token_ids, state):
        ids = np.where(token_ids == self.target_vocab.bos_id, 5, self.target_vocab.eos_id)
        return 9.0 * np.eye(len(self.target_vocab))[ids], state

vocab = Vocabulary("abc")
application = Application(Constant(vocab, vocab, source_tokens="characters", target_tokens="characters"))
listening, started = listen("127.0.0.1", 0), threading.Event()
server = Server(application, started.set)
thread = threading.Thread(target=server.run, args=([listening],))
thread.start()
assert started.wait(30)
body, kind = json.dumps({"texts": ["ca"]}).encode(), {"content-type": "application/json"}
answer = json.load(urlopen(Request(f"{address(listening)}/predict", body, kind)))
server.should_exit = True
thread.join(30)
assert answer["predictions"][0]["outputs"][0]["text"] == "b"
""",
    "tensorboard": "from tensorboard.summary import Writer\nWriter(FOLDER).close()",
}


@pytest.mark.parametrize(
    ("package", "extra"),
    [
        ("keras", "tensorflow"),
        ("nltk", "text"),
        ("icu4py", "icu"),
        ("matplotlib", "plots"),
        ("onnxruntime", "onnx"),
        ("fastapi", "serve"),
    ],
)
def test_a_missing_package_names_its_extra(package, extra):
    use = {
        "keras": "from s2s_lesson import Seq2Seq",
        "nltk": "from s2s_lesson.data import tokenize; tokenize('a, b', 'words')",
        "icu4py": "from s2s_lesson.data import tokenize; tokenize('a b', 'icu')",
        "matplotlib": "from s2s_lesson.teaching import plot_attention",
        "onnxruntime": "from s2s_lesson.deployed import Sessions; Sessions(b'', b'')",
        "fastapi": "from s2s_lesson.deployed.serving import Application",
    }[package]
    code = f"import sys; sys.modules[{package!r}] = None; {use}"
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT)
    assert ran.returncode == 1
    assert f"Expected the package {package}; there is none." in ran.stderr
    assert f'pip install "s2s-lesson[{extra}]"' in ran.stderr
    assert ("(or [jax] or [torch])" in ran.stderr) is (package == "keras")


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    """The wheel of the project."""
    return next(build(tmp_path_factory.mktemp("dist")).glob("*.whl"))


@pytest.mark.parametrize(
    "command", ["train --corpus copy --output run", "predict dates ab", "evaluate run", "chat run"]
)
def test_a_command_names_the_extra_that_it_misses(tmp_path, command):
    code = "import sys; sys.modules['keras'] = None; from s2s_lesson.__main__ import main; sys.exit(main())"
    ran = subprocess.run(
        [sys.executable, "-c", code, *command.split()], capture_output=True, text=True, cwd=tmp_path
    )
    assert ran.returncode == 1 and "Traceback" not in ran.stderr
    assert 'pip install "s2s-lesson[tensorflow]"' in ran.stderr


def environment_with(folder, wheel, extra, *others):
    """The Python of a new environment with the package and one extra, in the pinned versions."""
    environments.install_uv()
    environments.uv("venv", "--quiet", "--python", sys.executable, str(folder))
    python = str(folder / environments.BIN / "python")
    pins = "requirements-engines.txt" if extra in ("jax", "torch") else "requirements.txt"
    backend = environments.CPU_TORCH if extra == "torch" and not environments.has_wheel_of_torch() else []
    only = ["--quiet", "--python", python, "--constraint", pins, *backend]
    environments.uv("pip", "install", *only, f"s2s-lesson[{extra}] @ {wheel.as_uri()}", *others)
    return python


@pytest.mark.slow(guard="tests/tools/test_extras.py::test_a_missing_package_names_its_extra")
@pytest.mark.parametrize("extra", PROMISES, ids=lambda extra: extra or "base")
def test_each_extra_alone_does_what_it_promises(tmp_path, wheel, extra):
    """In an environment of its own."""
    python = environment_with(tmp_path / "environment", wheel, extra)
    engine = {"KERAS_BACKEND": extra} if PROMISES[extra] == TRAINING else {}
    code = f"FOLDER = {str(tmp_path / 'run')!r}\n{PROMISES[extra]}"
    run([python, "-c", code], cwd=tmp_path, env={**os.environ, **engine})
    if not extra:
        listing = "from importlib.metadata import distributions as d; print(*sorted(x.name for x in d()))"
        assert run([python, "-c", listing], cwd=tmp_path).split() == ["numpy", "s2s-lesson"]


ONNX_MEGABYTES = 160
SIZE = """
from importlib.metadata import distributions
from os.path import getsize
files = [file.locate() for one in distributions() for file in one.files or ()]
print(sum(getsize(file) for file in files if file.exists()) // 10**6)
"""


@pytest.mark.slow(guard="tests/package/deployed/test_exported.py::test_no_engine_is_needed")
def test_exports_need_numpy_and_onnx_runtime_alone(tmp_path, wheel):
    """The tests of what is deployed pass there, and it takes little room."""
    python = environment_with(tmp_path / "environment", wheel, "onnx")
    assert int(run([python, "-c", SIZE], cwd=tmp_path)) < ONNX_MEGABYTES
    environments.uv(
        "pip", "install", "--quiet", "--python", python, "--constraint", "requirements.txt", "pytest"
    )
    for package in ("keras", "tensorflow", "nltk", "tqdm"):
        assert subprocess.run([python, "-c", f"import {package}"], capture_output=True).returncode == 1
    export = small_export.write(tmp_path / "small")
    deployed = ROOT / "tests" / "package" / "deployed"
    settings = tmp_path / "pytest.ini"
    settings.write_text("[pytest]\naddopts = --import-mode=importlib\n", encoding="utf-8")
    environment = {
        **os.environ,
        "S2S_LESSON_EXPORT": str(export),
        "PYTHONPATH": str(ROOT / "tests" / "helpers"),
    }
    tests = [str(deployed / name) for name in ("test_exported.py", "test_writing.py")]
    options = ["-c", str(settings), "--confcutdir", str(deployed), "-p", "no:cacheprovider", "-q"]
    options += ["-k", "not a_bar_is_shown"]  # tqdm draws it
    printed = run([python, "-m", "pytest", *options, *tests], cwd=tmp_path, env=environment)
    assert "passed" in printed and "failed" not in printed
