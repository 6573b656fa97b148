"""Write the outputs for texts from the command line, from a file, or from standard input, one a line."""

import argparse
import contextlib
import itertools
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, TextIO, TypeAlias

from s2s_lesson.commands.arguments import add_beam_size, add_ensemble, loaded, mean_of, model_folder, option
from s2s_lesson.commands.files import LAYOUT_NAMES, add_layout, given

if TYPE_CHECKING:
    from s2s_lesson.data.prediction import Prediction
    from s2s_lesson.deployed.ensembles import WritingEnsemble
    from s2s_lesson.deployed.exported import ExportedTextToText
    from s2s_lesson.pipeline.text_to_text import TextToText

    Writes: TypeAlias = TextToText | ExportedTextToText | WritingEnsemble[str]

HELP = "write the outputs for texts"
AT_ONCE = 1024  # texts that are read, decoded and written before the next ones are read


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of this command."""
    about = "a run folder, or one that export made; or a model's name"
    parser.add_argument("run", type=model_folder, metavar="RUN", help=about)
    parser.add_argument("texts", nargs="*", metavar="TEXT", help="default: the lines of standard input")
    parser.add_argument(
        "--input",
        metavar="FILE",
        help="texts, one a line, or the sources of tsv, csv or jsonl; - is standard input",
    )
    parser.add_argument(
        "--output", type=Path, metavar="FILE", help="where outputs go (default: standard output)"
    )
    parser.add_argument("--json", action="store_true", help="write a JSON object for each text, one a line")
    parser.add_argument(
        "--truncate", action="store_true", help="cut texts that are too long, which are errors else"
    )
    add_beam_size(parser)
    n_best = option("search.beam.beam_search", "n_best")
    parser.add_argument("--n-best", type=n_best, default=1, help="outputs for each text (default: 1)")
    parser.add_argument(
        "--length-penalty",
        type=option("search.scoring.Scoring", "length_penalty"),
        default=0.0,
        help="more favours longer outputs (default: 0)",
    )
    add_ensemble(parser)
    parser.add_argument("--unknown", action="store_true", help="allow <unk>, which stands for rare words")
    add_layout(parser)


def run(options: argparse.Namespace) -> None:
    """Do what the arguments say."""
    from s2s_lesson.data.prediction import note_unknown

    if options.texts and options.input:
        raise ValueError(f"Expected texts or --input; received {options.texts} and {options.input}.")
    pipeline = _together(options)
    texts = iter(options.texts) if options.texts else _texts(options)
    done = 0
    with _output(options.output) as output:
        while part := list(itertools.islice(texts, AT_ONCE)):
            if not options.truncate:
                _expect_short(pipeline, part, done)
            for prediction in pipeline.predict(
                part,
                options.beam_size,
                options.n_best,
                length_penalty=options.length_penalty,
                unknown=options.unknown,
                truncate=options.truncate,
                progress=sys.stderr.isatty(),
            ):
                if remark := note_unknown(prediction, set()):
                    print(remark, file=sys.stderr)
                output.write(_as_json(prediction) if options.json else _as_lines(prediction, options.n_best))
            output.flush()
            done += len(part)


def _together(options: argparse.Namespace) -> "Writes":
    """The model, or all of them as one."""
    mean = mean_of(options)
    if not options.others:
        return loaded(options.run)
    from s2s_lesson.deployed.ensembles import WritingEnsemble

    return WritingEnsemble([loaded(folder) for folder in (options.run, *options.others)], mean)


def _texts(options: argparse.Namespace) -> Iterator[str]:
    from s2s_lesson.corpora.files import Layout, read_texts

    return read_texts(options.input or "-", layout=Layout(**given(options, LAYOUT_NAMES)))


def _expect_short(pipeline: "Writes", part: list[str], done: int) -> None:
    """Make sure that all texts can be read, and name the line of one that cannot."""
    for place, text in enumerate(part, start=done + 1):
        if (length := pipeline.source_length(text)) > pipeline.max_source_length:
            raise ValueError(
                f"Expected texts of at most {pipeline.max_source_length} tokens; text {place} has {length}. "
                f"The outputs of the {done} texts before are written. Shorten it, or cut it by --truncate."
            )


def _as_lines(prediction: "Prediction", n_best: int) -> str:
    outputs = (prediction, *prediction.alternatives)
    shown = [f"{one.log_probability:.3f}\t" if n_best > 1 else "" for one in outputs]
    return "".join(f"{start}{one.text}\n" for start, one in zip(shown, outputs, strict=True))


def _as_json(prediction: "Prediction") -> str:
    """One line: the outputs, the likeliest first, and the words of the source that are not known."""
    outputs = [
        {"text": one.text, "log_probability": one.log_probability}
        for one in (prediction, *prediction.alternatives)
    ]
    told = {"source": prediction.source, **outputs[0], "unknown": prediction.unknown}
    if prediction.alternatives:
        told["alternatives"] = outputs[1:]
    return json.dumps(told, ensure_ascii=False) + "\n"


def _output(path: Path | None) -> contextlib.AbstractContextManager[TextIO]:
    if path is None:
        return contextlib.nullcontext(sys.stdout)
    from s2s_lesson.training.run_folder import writable_folder

    writable_folder(path.parent)
    return open(path, "w", encoding="utf-8")
