"""Put an exported model behind HTTP: a JSON interface, and a page that shows outputs and attention."""

import argparse
import contextlib

from s2s_lesson.commands.arguments import named_path, option
from s2s_lesson.deployed.serving.limits import Limits

HELP = "put an exported model behind HTTP"
LIMITS = "deployed.serving.limits:Limits"
# By the names of Limits: the option, its unit, and what it is.
LIMIT_OPTIONS = {
    "body_bytes": ("--max-body-bytes", "BYTES", "the largest body of a request"),
    "body_seconds": ("--max-body-seconds", "SECONDS", "how long a body may take to arrive"),
    "texts": ("--max-texts", "N", "the most texts of a request"),
    "text_length": ("--max-text-length", "CHARACTERS", "the longest text"),
    "beam_size": ("--max-beam-size", "N", "the widest beam"),
    "samples": ("--max-samples", "N", "the most samples of a text"),
    "outputs": ("--max-outputs", "N", "the most outputs of a request, all its texts together"),
    "phrases": ("--max-phrases", "N", "the most phrases to require, and to forbid"),
    "queue": ("--queue", "TEXTS", "the most texts that wait; more are answered by 503"),
    "batch_size": ("--batch-size", "TEXTS", "the most texts that are decoded together"),
    "wait": ("--wait", "MILLISECONDS", "how long a request waits for others to be decoded with"),
}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of this command."""
    parser.add_argument("folder", type=named_path, metavar="FOLDER", help="an exported model")
    parser.add_argument(
        "--host",
        default="127.0.0.1",
        help="an address of this machine (default: 127.0.0.1, which is reached from this machine alone)",
    )
    port = option("deployed.serving.server:listen", "port")
    parser.add_argument("--port", type=port, default=8000, help="0 takes any that is free (default: 8000)")
    threads = option("deployed:load", "threads")
    parser.add_argument("--threads", type=threads, default=1, help="that compute a batch (default: 1)")
    stop_within = option("deployed.serving.server:run", "stop_within")
    parser.add_argument(
        "--stop-within",
        type=stop_within,
        default=30,
        metavar="SECONDS",
        help="how long what is under way may take to finish when the server is stopped (default: 30)",
    )
    for name, (flag, unit, what) in LIMIT_OPTIONS.items():
        usual = getattr(Limits, name)
        parser.add_argument(
            flag,
            dest=name,
            type=option(LIMITS, name),
            default=usual,
            metavar=unit,
            help=f"{what} (default: {usual})",
        )


def run(options: argparse.Namespace) -> None:
    """Do what the arguments say."""
    limits = Limits(**{name: getattr(options, name) for name in LIMIT_OPTIONS})

    from s2s_lesson.deployed import ExportedSequenceToText, load
    from s2s_lesson.deployed.serving.application import Application
    from s2s_lesson.deployed.serving.server import listen, run

    with contextlib.closing(listen(options.host, options.port)) as listening:
        model = load(options.folder, options.threads)
        if isinstance(model, ExportedSequenceToText):
            raise ValueError(
                f"Expected an export that reads texts; the one in {options.folder} reads arrays. "
                "Use it in Python: s2s_lesson.deployed.load."
            )
        run(Application(model, limits), listening, options.stop_within)
