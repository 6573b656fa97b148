"""JoeyNMT for decode.py: its virtual environment, its model, and a process that decodes when asked to.

``decode.py`` imports this module and runs it as well, with the Python of JoeyNMT's environment. What both
programs need to answer requests stands here, since that environment has no other part of the project.
"""

import json
import os
import subprocess
import sys
import time
from pathlib import Path

RUNS = Path(__file__).parent.parent / "runs"
ENVIRONMENT, FOLDER = RUNS / "joeynmt-venv", RUNS / "joeynmt"
PYTHON = ENVIRONMENT / "bin" / "python"
PACKAGES = ("joeynmt==2.3.0", "torch==2.13.0", "importlib_metadata")
SIZES = {"embedding_dim": 64, "units": 256, "encoder_layers": 2, "decoder_layers": 1, "dropout": 0.1}
# JoeyNMT lowers its learning rate after every epoch, so its epochs are short: a fifth of the pairs each.
TRAINING = {
    "batch_size": 128,
    "learning_rate": 0.002,
    "decay": 0.861,
    "epochs": 20,
    "pairs_per_epoch": 25_600,
}
STEPS_BETWEEN_CHECKPOINTS = 400


def prepare(splits, threads):
    """Make the environment and train the model, where they are not there yet.

    Args:
        splits: dict of lists of (source, target) texts: "train", "dev" and "test".
        threads: int.
    """
    install()
    if (FOLDER / "trained").exists():
        return
    write_data(splits)
    path = FOLDER / "config.yaml"
    path.write_text(json.dumps(config(), indent=1) + "\n", encoding="utf-8")
    environment = {**os.environ, "OMP_NUM_THREADS": str(threads)}
    subprocess.run([PYTHON, "-m", "joeynmt", "train", path, "--skip-test"], check=True, env=environment)
    (FOLDER / "trained").touch()


def install():
    """Make the environment, where it is not there yet."""
    if not PYTHON.exists():
        subprocess.run([sys.executable, "-m", "venv", ENVIRONMENT], check=True)
        subprocess.run([PYTHON, "-m", "pip", "install", "--quiet", *PACKAGES], check=True)


def write_data(splits):
    """Write the texts that JoeyNMT reads: arguments as for ``prepare``."""
    data = FOLDER / "data"
    data.mkdir(parents=True, exist_ok=True)
    for name, pairs in splits.items():
        for side, ending in enumerate(("word", "phones")):
            text = "".join(f"{pair[side]}\n" for pair in pairs)
            (data / f"{name}.{ending}").write_text(text, encoding="utf-8")


def versions():
    """What is installed in the environment: dict of version numbers."""
    names = ["joeynmt", "torch", "numpy"]
    code = f"from importlib.metadata import version; print(*map(version, {names}))"
    shown = subprocess.run([PYTHON, "-c", code], check=True, text=True, stdout=subprocess.PIPE).stdout
    return dict(zip(names, shown.split(), strict=True))


def config():
    """JoeyNMT's configuration: a model of the same sizes as the preset "pronunciations", and its training."""
    recurrent = {
        "type": "recurrent",
        "rnn_type": "lstm",
        "hidden_size": SIZES["units"],
        "embeddings": {"embedding_dim": SIZES["embedding_dim"], "scale": False},
        "dropout": SIZES["dropout"],
    }
    tokens = {"max_length": 100, "voc_min_freq": 1}
    return {
        "name": "pronunciations",
        "joeynmt_version": "2.3.0",
        "model_dir": str(FOLDER / "model"),
        "use_cuda": False,
        "random_seed": 0,
        "data": {
            **{split: str(FOLDER / "data" / split) for split in ("train", "dev", "test")},
            "dataset_type": "plain",
            "sample_train_subset": TRAINING["pairs_per_epoch"],
            "src": {"lang": "word", "level": "char", **tokens},
            "trg": {"lang": "phones", "level": "word", **tokens},
        },
        "model": {
            "encoder": {**recurrent, "bidirectional": True, "num_layers": SIZES["encoder_layers"]},
            "decoder": {
                **recurrent,
                "num_layers": SIZES["decoder_layers"],
                "hidden_dropout": SIZES["dropout"],
                "attention": "luong",
                "init_hidden": "bridge",
                "input_feeding": False,
            },
        },
        "training": {
            "optimizer": "adam",
            "learning_rate": TRAINING["learning_rate"],
            "learning_rate_min": 0,
            "scheduling": "exponential",  # the default cannot be made with this version of PyTorch
            "decrease_factor": TRAINING["decay"],
            "normalization": "tokens",
            "clip_grad_norm": 1.0,
            "batch_size": TRAINING["batch_size"],
            "batch_type": "sentence",
            "epochs": TRAINING["epochs"],
            "validation_freq": STEPS_BETWEEN_CHECKPOINTS,
            "logging_freq": 100,
            "early_stopping_metric": "ppl",
            "overwrite": True,
        },
        "testing": {
            "batch_type": "sentence",
            "max_output_length": 100,
            "eval_metrics": ["sequence_accuracy"],
        },
    }


def decoder():
    """JoeyNMT's own prediction with the trained model: a function of words, beam size and batch size."""
    from joeynmt.config import parse_global_args
    from joeynmt.prediction import predict, prepare

    options = parse_global_args(config(), mode="translate")
    model, _, _, data = prepare(options, rank=0, mode="translate")

    def decode(words, beam_size, batch_size):
        data.cache = [(word, None, None, None) for word in words]  # set_item counts them all again for each
        data.reset_indices()
        testing = options.test._replace(beam_size=beam_size, batch_size=batch_size)
        texts = predict(
            model=model,
            data=data,
            device=options.device,
            n_gpu=0,
            normalization="none",
            args=testing,
            autocast=options.autocast,
        )[2]
        return [text.split() for text in texts]

    return decode


def answer(work):
    """Answer requests, one line of JSON each, until there are no more.

    Args:
        work: function whose arguments a request names. The answer holds what it returned, the ``seconds``
            that it took, and the ``peak_mebibytes`` of this process up to now.
    """
    answers, sys.stdout = sys.stdout, sys.stderr  # what libraries print must not come between
    print(json.dumps({"peak_mebibytes": peak()}), file=answers, flush=True)
    for line in sys.stdin:
        started = time.perf_counter()
        found = work(**json.loads(line))
        seconds = time.perf_counter() - started
        report = {"found": found, "seconds": seconds, "peak_mebibytes": peak()}
        print(json.dumps(report), file=answers, flush=True)


def peak():
    """Mebibytes of memory that this process has held at most, on Linux.

    Not by ``getrusage``, whose figure a process inherits from the one that started it.
    """
    status = Path("/proc/self/status").read_text(encoding="ascii")
    return round(int(status.split("VmHWM:")[1].split()[0]) / 1024, 1)


if __name__ == "__main__":
    answer(decoder())
