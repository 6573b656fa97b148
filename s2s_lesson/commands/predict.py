"""Write the outputs for texts from the command line, from a file, or from standard input, one a line.

Each line of the output belongs to the text of the same line. A text that the model cannot read, since it is
too long for example, costs its own output alone: its line stays empty, standard error says which it is and
why, and the exit code is 1. With --n-best each text has several lines, in columns with a tab between: the
number of the text, from 1; the log-probability of the output, in nats; the output. Line ends within an output
become blanks. With --json each text has an object, whose "text" is null where "error" says why.
"""

import argparse
import contextlib
import itertools
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple, TextIO, TypeAlias

from s2s_lesson.commands.arguments import (
    add_beam_size,
    add_ensemble,
    expect_models,
    expect_n_best,
    loaded,
    mean_of,
    model_folder,
    named_path,
    option,
)
from s2s_lesson.commands.files import LAYOUT_NAMES, add_layout, given

if TYPE_CHECKING:
    from s2s_lesson.data.prediction import Prediction
    from s2s_lesson.deployed.ensembles import WritingEnsemble
    from s2s_lesson.deployed.exported import ExportedTextToText
    from s2s_lesson.pipeline.text_to_text import TextToText

    Writes: TypeAlias = TextToText | ExportedTextToText | WritingEnsemble[str]

HELP = "write the outputs for texts"
AT_ONCE = 1024  # texts that are read, decoded and written before the next ones are read


class Row(NamedTuple):
    """A text to read, or what was received instead.

    Attributes:
        number: of the text, from 1.
        place: where it stands, for errors.
        text: None where there is none that could be read.
        fault: why it has no output; empty where it has one.

    >>> Row(1, "text 1", "30 sept. 2016").fault
    ''
    """

    number: int
    place: str
    text: str | None
    fault: str = ""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of this command."""
    about = "a run folder, or one that export made; or a model's name"
    parser.add_argument("run", type=model_folder, metavar="RUN", help=about)
    parser.add_argument(
        "texts", nargs="*", default=[], metavar="TEXT", help="default: the lines of standard input"
    )
    parser.add_argument(
        "--input",
        metavar="FILE",
        help="texts, one a line, or the sources of tsv, csv or jsonl; - is standard input",
    )
    parser.add_argument(
        "--output", type=named_path, metavar="FILE", help="where outputs go (default: standard output)"
    )
    parser.add_argument("--json", action="store_true", help="write a JSON object for each text, one a line")
    parser.add_argument(
        "--truncate", action="store_true", help="cut texts to the longest that the model reads"
    )
    add_beam_size(parser)
    n_best = option("search.beam:beam_search", "n_best")
    parser.add_argument("--n-best", type=n_best, default=1, help="outputs for each text (default: 1)")
    parser.add_argument(
        "--length-penalty",
        type=option("search.scoring:Scoring", "length_penalty"),
        default=0.0,
        help="more favours longer outputs (default: 0)",
    )
    add_ensemble(parser)
    parser.add_argument("--unknown", action="store_true", help="allow <unk>, which stands for rare words")
    add_layout(parser)


def run(options: argparse.Namespace) -> int:
    """Do what the arguments say; the exit code is 1 where a text has no output."""
    from s2s_lesson.data.prediction import note_unknown

    _expect_usable(options)
    pipeline = _together(options)
    rows, failed = _rows(options), 0
    with _output(options.output) as output:
        while part := list(itertools.islice(rows, AT_ONCE)):
            part = part if options.truncate else [_short(pipeline, row) for row in part]
            predictions = iter(
                pipeline.predict(
                    [row.text for row in part if row.text is not None and not row.fault],
                    options.beam_size,
                    options.n_best,
                    length_penalty=options.length_penalty,
                    unknown=options.unknown,
                    truncate=options.truncate,
                    progress=sys.stderr.isatty(),
                )
            )
            for row in part:
                prediction = None if row.fault else next(predictions)
                if prediction is None:
                    failed += 1
                    _report(row, options.strict)
                elif remark := note_unknown(prediction, set()):
                    print(remark, file=sys.stderr)
                output.write(
                    _as_json(row, prediction) if options.json else _as_lines(row, prediction, options.n_best)
                )
            output.flush()
    return 1 if failed else 0


def _expect_usable(options: argparse.Namespace) -> None:
    """Find what is wrong with the arguments before a model is loaded."""
    from s2s_lesson.corpora.files import Layout
    from s2s_lesson.corpora.files.unpacking import STANDARD_INPUT, expect_there
    from s2s_lesson.training.run_folder import writable_folder

    asked = given(options, LAYOUT_NAMES)
    if options.texts and (options.input or asked):
        others = [*(["input"] if options.input else []), *asked]
        raise ValueError(
            f"Expected texts or --input; received {options.texts} and {', '.join(others)}. Leave one out."
        )
    mean_of(options)
    expect_n_best(options)
    Layout(**asked)
    expect_models(options.run, *options.others)
    path = options.input or STANDARD_INPUT
    if not options.texts:
        expect_there(path)
    if options.output is None:
        return
    if options.output.is_dir():
        raise IsADirectoryError(
            f"Expected a file for the outputs; received the folder {options.output}."
            " Name a file with --output."
        )
    if path != STANDARD_INPUT and options.output.exists() and options.output.samefile(path):
        raise ValueError(
            f"Expected another file for the outputs than that of the texts; received {path}."
            " Give --output another name, so that the texts stay."
        )
    writable_folder(options.output.parent)


def _together(options: argparse.Namespace) -> "Writes":
    """The model, or all of them as one."""
    mean = mean_of(options)
    if not options.others:
        return loaded(options.run)
    from s2s_lesson.deployed.ensembles import WritingEnsemble

    return WritingEnsemble([loaded(folder) for folder in (options.run, *options.others)], mean)


def _rows(options: argparse.Namespace) -> Iterator[Row]:
    from s2s_lesson.corpora.files import Layout
    from s2s_lesson.corpora.files.reading import NO_TEXT, is_whole, read_rows
    from s2s_lesson.corpora.files.rows import Fault
    from s2s_lesson.corpora.files.unpacking import STANDARD_INPUT, name_of

    if options.texts:
        for number, text in enumerate(options.texts, 1):
            fault = "" if is_whole(text) else NO_TEXT
            yield Row(number, f"text {number}", None if fault else text, fault)
        return
    path = options.input or STANDARD_INPUT
    for number, (line, text) in enumerate(read_rows(path, layout=Layout(**given(options, LAYOUT_NAMES))), 1):
        place = f"line {line} of {name_of(path)}"
        if isinstance(text, Fault):
            other = f" in {options.encoding or 'UTF-8'}: --encoding names another encoding"
            yield Row(number, place, None, f"{text}{other if text == NO_TEXT else ''}")
        else:
            yield Row(number, place, text)


def _short(pipeline: "Writes", row: Row) -> Row:
    """The row, which has a fault if its text is too long."""
    if row.text is None or (length := pipeline.source_length(row.text)) <= pipeline.max_source_length:
        return row
    longest = pipeline.max_source_length
    return row._replace(fault=f"{length} tokens, and {longest} at most can be read: --truncate cuts it")


def _report(row: Row, strict: bool) -> None:
    """Say why a text has no output; it is an error if that is wanted."""
    told = f"Expected a text that the model can read in {row.place}; received {row.fault}."
    if strict:
        raise ValueError(f"{told} Without --strict the others are answered.")
    print(f"{told} It has no output.", file=sys.stderr)


def _as_lines(row: Row, prediction: "Prediction | None", n_best: int) -> str:
    outputs = () if prediction is None else (prediction, *prediction.alternatives)
    if n_best == 1:
        return f"{_in_one_line(outputs[0].text) if outputs else ''}\n"
    lines = [f"{row.number}\t{one.log_probability:.3f}\t{_in_one_line(one.text)}\n" for one in outputs]
    return "".join(lines) or f"{row.number}\t\t\n"


def _in_one_line(text: str) -> str:
    return " ".join(text.splitlines())


def _as_json(row: Row, prediction: "Prediction | None") -> str:
    """One line: the outputs, the likeliest first, and the words of the source that are not known."""
    if prediction is None:
        told: dict[str, object] = {"source": row.text, "text": None, "error": row.fault}
        return json.dumps(told, ensure_ascii=False) + "\n"
    outputs = [
        {"text": one.text, "log_probability": one.log_probability}
        for one in (prediction, *prediction.alternatives)
    ]
    told = {"source": prediction.source, **outputs[0], "unknown": prediction.unknown}
    if prediction.alternatives:
        told["alternatives"] = outputs[1:]
    return json.dumps(told, ensure_ascii=False) + "\n"


def _output(path: Path | None) -> contextlib.AbstractContextManager[TextIO]:
    return contextlib.nullcontext(sys.stdout) if path is None else open(path, "w", encoding="utf-8")
