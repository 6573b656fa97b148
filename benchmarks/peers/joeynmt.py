"""JoeyNMT: its virtual environment, its models, and what runs in a process of its own with its Python.

What such a process needs stands here or in ``shared.worker``, since that environment has no other part of the
project.
"""

import json
import subprocess
import sys
import time

from benchmarks.shared import quick
from benchmarks.shared.processes import run_to_end
from benchmarks.shared.results import ROOT, Missing, runs_of

ENVIRONMENT = ROOT / "runs" / "joeynmt-venv"
PYTHON = ENVIRONMENT / "bin" / "python"
PACKAGES = ("joeynmt==2.3.0", "torch==2.13.0", "importlib_metadata")
SIZES = {"embedding_dim": 64, "units": 256, "encoder_layers": 2, "decoder_layers": 1, "dropout": 0.1}
SHIPPED_SIZES = {**SIZES, "units": 128, "encoder_layers": 1, "dropout": 0.2}
MODELS = {"joeynmt": SIZES, "joeynmt-shipped": SHIPPED_SIZES}  # by their folders in runs/
# JoeyNMT lowers its learning rate after every epoch, so its epochs are short: a fifth of the pairs each. All
# together are two passes over the pairs, as the preset makes them.
TRAINING = {
    "batch_size": 128,
    "learning_rate": 0.002,
    "decay": 0.741,
    "epochs": 10,
    "pairs_per_epoch": 25_600,
}
STEPS_BETWEEN_CHECKPOINTS = 400


def prepare(splits, threads, model="joeynmt"):
    """Make the environment and train a model, where they are not there yet.

    Args:
        splits: dict of lists of (source, target) texts: "train", "dev" and "test".
        threads: int.
        model: one of ``MODELS``.
    """
    install()
    folder = runs_of(model)
    if (folder / "trained").exists():
        return
    write_data(splits, runs_of("joeynmt") / "data", ("word", "phones"))
    train(config(model), folder, threads)
    (folder / "trained").touch()


def train(settings, folder, threads):
    """Train by JoeyNMT's command line, by a configuration: processor seconds that it took."""
    path = folder / "config.yaml"
    path.write_text(json.dumps(settings, indent=1) + "\n", encoding="utf-8")
    return run_to_end([PYTHON, "-m", "joeynmt", "train", path, "--skip-test"], threads)["processor_seconds"]


def install():
    """Make the environment, where it is not there yet.

    Raises:
        Missing: pip could not install JoeyNMT.
    """
    if (ENVIRONMENT / "done").exists():
        return
    print(f"Installing {', '.join(PACKAGES)} into {ENVIRONMENT} ...", flush=True)
    subprocess.run([sys.executable, "-m", "venv", ENVIRONMENT], check=True)
    command = [str(PYTHON), "-m", "pip", "install", "--quiet", *PACKAGES]
    if subprocess.run(command).returncode:
        raise Missing(f"Expected JoeyNMT, which pip could not install. Install it: {' '.join(command)}")
    (ENVIRONMENT / "done").touch()


def write_data(splits, data, endings):
    """Write the texts that its models read.

    Args:
        splits: as for ``prepare``.
        data: Path of the folder.
        endings: of the files of the sources and of the targets.
    """
    data.mkdir(parents=True, exist_ok=True)
    for name, pairs in splits.items():
        for side, ending in enumerate(endings):
            text = "".join(f"{pair[side]}\n" for pair in pairs)
            (data / f"{name}.{ending}").write_text(text, encoding="utf-8")


def versions():
    """What is installed in the environment: dict of version numbers."""
    names = ["joeynmt", "torch", "numpy"]
    code = f"from importlib.metadata import version; print(*map(version, {names}))"
    shown = subprocess.run([PYTHON, "-c", code], check=True, text=True, stdout=subprocess.PIPE).stdout
    return dict(zip(names, shown.split(), strict=True))


def training():
    """``TRAINING``; with --quick, one epoch."""
    return {**TRAINING, **quick.size({}, {"epochs": 1, "pairs_per_epoch": 250})}


def config(model="joeynmt", **changes):
    """JoeyNMT's configuration for pronunciations: a model and its training.

    Args:
        model: one of ``MODELS``, of the sizes of the preset "pronunciations", or of the model that the
            package comes with.
        **changes: in place of entries of ``TRAINING``.
    """
    return configuration(
        runs_of(model) / "model",
        runs_of("joeynmt") / "data",
        {"src": ("word", "char"), "trg": ("phones", "word")},
        MODELS[model],
        {**training(), **changes},
    )


def configuration(folder, data, sides, sizes, options):
    """A configuration of JoeyNMT: a recurrent model with attention, and its training.

    Args:
        folder: Path. Where the model is kept.
        data: Path. Where the texts are: a file "train.LANG" for each side, and so on.
        sides: dict of "src" and "trg": ending of the file, and "char" or "word", what its tokens are.
        sizes: dict of ``embedding_dim``, ``units``, ``encoder_layers``, ``decoder_layers`` and ``dropout``;
            and, where they differ, ``target_embedding_dim``, ``decoder_units``, ``input_feeding`` and
            ``tied_output``.
        options: as ``TRAINING``.

    Returns:
        dict, what its file holds.
    """
    tokens = {"max_length": 100, "voc_min_freq": 1}

    def recurrent(units, embedding_dim):
        return {
            "type": "recurrent",
            "rnn_type": "lstm",
            "hidden_size": units,
            "embeddings": {"embedding_dim": embedding_dim, "scale": False},
            "dropout": sizes["dropout"],
        }

    return {
        "name": folder.parent.name,
        "joeynmt_version": "2.3.0",
        "model_dir": str(folder),
        "use_cuda": False,
        "random_seed": 0,
        "data": {
            **{split: str(data / split) for split in ("train", "dev", "test")},
            "dataset_type": "plain",
            "sample_train_subset": options["pairs_per_epoch"],
            **{side: {"lang": lang, "level": level, **tokens} for side, (lang, level) in sides.items()},
        },
        "model": {
            "tied_softmax": sizes.get("tied_output", False),
            "encoder": {
                **recurrent(sizes["units"], sizes["embedding_dim"]),
                "bidirectional": True,
                "num_layers": sizes["encoder_layers"],
            },
            "decoder": {
                **recurrent(
                    sizes.get("decoder_units", sizes["units"]),
                    sizes.get("target_embedding_dim", sizes["embedding_dim"]),
                ),
                "num_layers": sizes["decoder_layers"],
                "hidden_dropout": sizes["dropout"],
                "attention": "luong",
                "init_hidden": "bridge",
                "input_feeding": sizes.get("input_feeding", False),
            },
        },
        "training": {
            "optimizer": "adam",
            "learning_rate": options["learning_rate"],
            "learning_rate_min": 0,
            "scheduling": "exponential",  # the default cannot be made with this version of PyTorch
            "decrease_factor": options["decay"],
            "normalization": "tokens",
            "clip_grad_norm": 1.0,
            "label_smoothing": options.get("label_smoothing", 0.0),
            "batch_size": options["batch_size"],
            "batch_type": "sentence",
            "epochs": options["epochs"],
            "validation_freq": options.get("validation_freq", quick.size(STEPS_BETWEEN_CHECKPOINTS, 2)),
            "logging_freq": quick.size(100, 1),
            "early_stopping_metric": "ppl",
            "overwrite": True,
        },
        "testing": {
            "batch_type": "sentence",
            "max_output_length": 100,
            "eval_metrics": ["sequence_accuracy"],
        },
    }


def decoder(name="joeynmt"):
    """JoeyNMT's own prediction with one of ``MODELS``, trained: see ``worker``."""
    return decoder_of(config(name))


def decoder_of(settings):
    """JoeyNMT's own prediction with a trained model, by its configuration: see ``worker``."""
    from joeynmt.config import parse_global_args
    from joeynmt.prediction import predict, prepare

    options = parse_global_args(settings, mode="translate")
    model, _, _, data = prepare(options, rank=0, mode="translate")

    def decode(words=(), beam_size=1, batch_size=1, length_penalty=-1.0, parameters=False):
        """Tokens for each text; or how many parameters the model has."""
        if parameters:
            return sum(parameter.numel() for parameter in model.parameters())
        data.cache = [(word, None, None, None) for word in words]  # set_item counts them all again for each
        data.reset_indices()
        testing = options.test._replace(beam_size=beam_size, batch_size=batch_size, beam_alpha=length_penalty)
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


def trainer(threads, changes):
    """Train JoeyNMT's model with its own trainer, on its own batches: see ``worker``.

    Args:
        threads: int.
        changes: dict, in place of entries of ``TRAINING``.
    """
    import torch
    from joeynmt.config import parse_global_args, set_validation_args
    from joeynmt.prediction import predict, prepare
    from joeynmt.training import TrainManager

    torch.set_num_threads(threads)
    settings = config(**changes)
    folder = runs_of("joeynmt") / f"trainer-{settings['training']['epochs']}-{threads}"
    folder.mkdir(exist_ok=True)
    options = parse_global_args({**settings, "model_dir": str(folder)}, mode="train")
    model, train_data, dev_data, _ = prepare(options, rank=0, mode="train")
    testing = set_validation_args(options.test)  # greedy
    manager = TrainManager(
        rank=0,
        model=model,
        model_dir=options.model_dir,
        device=options.device,
        n_gpu=0,
        num_workers=0,
        autocast=options.autocast,
        seed=options.seed,
        train_args=options.train,
        dev_args=testing,
    )

    def batches():
        """The batches of all epochs, with what its trainer does when an epoch begins."""
        loader = train_data.make_iter(
            batch_size=options.train.batch_size,
            batch_type=options.train.batch_type,
            seed=options.seed,
            shuffle=options.train.shuffle,
            num_workers=0,
            device=options.device,
            eos_index=model.eos_index,
            pad_index=model.pad_index,
        )
        for epoch in range(1, options.train.epochs + 1):
            manager.scheduler.step(epoch=epoch)
            train_data.seed = options.seed + epoch
            loader.batch_sampler.set_seed(options.seed + epoch)
            model.zero_grad()
            yield from loader

    def step(batch):
        """What its trainer does for a batch, apart from the log."""
        manager._train_step(batch)
        manager.clip_grad_fun(parameters=model.parameters())
        manager.optimizer.step()
        model.zero_grad()
        return batch.ntokens

    def decode():
        texts = predict(
            model=model,
            data=dev_data,
            device=options.device,
            n_gpu=0,
            normalization="none",
            args=testing._replace(batch_size=128),
            autocast=options.autocast,
        )[2]
        return [text.split() for text in texts]

    return trained_in_turns(batches, step, decode, model)


def trained_in_turns(batches, step, decode, model):
    """Make a function that trains, decodes or tells the size of the model, as requests ask: see ``worker``.

    Args:
        batches: function without arguments that returns an iterator.
        step: function of a batch that trains and returns its number of real target tokens.
        decode: function without arguments that returns what the model writes for the dev split.
        model: ``torch.nn.Module``.
    """
    going_on = batches()

    def work(steps=0, again=False, decodes=False, parameters=False):
        """Train for some steps, from the first batch ``again`` or where the last call stopped."""
        if parameters:
            return sum(parameter.numel() for parameter in model.parameters())
        if decodes:
            return decode()
        source = batches() if again else going_on
        started, tokens, done = time.process_time(), 0, 0
        for batch in source:
            tokens, done = tokens + int(step(batch)), done + 1
            if done == steps:
                break
        return {"steps": done, "tokens": tokens, "processor_seconds": time.process_time() - started}

    return work
