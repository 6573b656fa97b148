"""Draw the attention map of one prediction to a file."""

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from s2s_lesson.commands.arguments import add_beam_size, add_run

if TYPE_CHECKING:
    from s2s_lesson.data.prediction import Prediction

HELP = "draw the attention map of one prediction"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of this command."""
    add_run(parser)
    parser.add_argument("text", metavar="TEXT")
    parser.add_argument("--output", required=True, type=Path, metavar="FILE", help="a .png, .svg or .pdf")
    add_beam_size(parser)


def run(options: argparse.Namespace) -> None:
    """Do what the arguments say."""
    from s2s_lesson.data.prediction import note_unknown
    from s2s_lesson.pipeline.text_to_text import TextToText
    from s2s_lesson.training.run_folder import writable_folder

    writable_folder(options.output.parent)
    prediction = TextToText.load(options.run).predict([options.text], options.beam_size)[0]
    if remark := note_unknown(prediction, set()):
        print(remark, file=sys.stderr)
    draw(prediction, options.output)
    print(f"{prediction.text}\nThe plot is in {options.output}.")


def draw(prediction: "Prediction", path: str | Path) -> None:
    """Draw the attention of a prediction to a file.

    Args:
        prediction: ``Prediction``.
        path: str or Path, of a .png, .svg or .pdf file.

    Raises:
        OSError: the file cannot be written.
        ValueError: the prediction is of a blank text.
    """
    import matplotlib

    matplotlib.use("Agg")
    from s2s_lesson.teaching.plotting import plot_attention
    from s2s_lesson.training.run_folder import writable_folder

    if not prediction.tokens:
        raise ValueError("Expected a text to plot; received a blank one.")
    writable_folder(Path(path).parent)
    plot_attention(prediction).figure.savefig(path, dpi=200)
