"""Draw the attention map of one prediction to a file."""

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from s2s_lesson import _extras
from s2s_lesson.commands.arguments import add_beam_size, add_run, expect_runs, named_path

if TYPE_CHECKING:
    from s2s_lesson.data.prediction import Prediction

HELP = "draw the attention map of one prediction"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of this command."""
    add_run(parser)
    parser.add_argument("text", metavar="TEXT")
    parser.add_argument(
        "--output", required=True, type=named_path, metavar="FILE", help="a .png, .svg or .pdf"
    )
    parser.add_argument(
        "--truncate", action="store_true", help="cut the text to the longest that the model reads"
    )
    add_beam_size(parser)


def run(options: argparse.Namespace) -> None:
    """Do what the arguments say."""
    from s2s_lesson.corpora.files.reading import is_whole
    from s2s_lesson.data.prediction import note_unknown

    _expect_text(options.text.strip())
    if not is_whole(options.text):
        raise ValueError(
            "Expected a text; received bytes that are no text. Type it in the encoding of the terminal."
        )
    expect_picture(options.output)
    expect_runs(options.run)
    from s2s_lesson.pipeline.text_to_text import TextToText

    pipeline = TextToText.load(options.run)
    (prediction,) = pipeline.predict([options.text], options.beam_size, truncate=options.truncate)
    if remark := note_unknown(prediction, set()):
        print(remark, file=sys.stderr)
    draw(prediction, options.output)
    print(f"{prediction.text}\nThe plot is in {options.output}.")


def expect_picture(path: Path) -> None:
    """Make sure, before any work, that a picture can be drawn and written.

    Args:
        path: Path, of the file.

    Raises:
        OSError: it cannot be written.
        ValueError: its ending is that of no format that Matplotlib writes.
    """
    from s2s_lesson.training.run_folder import writable_folder

    with _extras.named():
        from matplotlib.backend_bases import FigureCanvasBase

    endings = sorted(FigureCanvasBase.get_supported_filetypes())
    if path.suffix.lower().removeprefix(".") not in endings:
        raise ValueError(
            f"Expected a file that ends with .{', .'.join(endings)}; received {path}. Name it {path}.png, "
            "for example."
        )
    if path.is_dir():
        raise IsADirectoryError(
            f"Expected a file for the plot; received the folder {path}. Name a file in it."
        )
    writable_folder(path.parent)


def draw(prediction: "Prediction", path: str | Path) -> None:
    """Draw the attention of a prediction to a file.

    Args:
        prediction: ``Prediction``.
        path: str or Path, of a .png, .svg or .pdf file.

    Raises:
        OSError: the file cannot be written.
        ValueError: the prediction is of a blank text, or the file has another ending.
    """
    expect_picture(Path(path))
    import matplotlib

    matplotlib.use("Agg")
    from s2s_lesson.teaching.plotting import plot_attention

    _expect_text(prediction.tokens)
    plot_attention(prediction).figure.savefig(path, dpi=200)


def _expect_text(text: object) -> None:
    if not text:
        raise ValueError(
            "Expected a text to plot; received a blank one. Give the text after the run's folder."
        )
