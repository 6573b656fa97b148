"""Train the preset of the dates, and write the attention map of the README.

    python -m benchmarks front_page

writes book/results/front_page.json and, for the README, book/images/attention.png. The run stays in
runs/figures/, where ``python -m benchmarks figures dates`` takes it up.
"""

from benchmarks.shared.results import attention_map, image, runs_of, write_results
from benchmarks.shared.training import measured_by_command_line

RESULTS = ("front_page",)
SOURCE = "30 sept. 2016"


def add_arguments(parser):
    """It has none."""


def run(options):
    """Train, read one date, and write its map."""
    from s2s_lesson.pipeline import TextToText
    from s2s_lesson.teaching import plot_attention

    measured = measured_by_command_line("dates", seed=0)
    [prediction] = TextToText.load(runs_of("figures") / "dates-0").predict([SOURCE])
    plot_attention(prediction).figure.savefig(image("attention.png"), dpi=200)
    write_results(
        "front_page",
        ["front_page"],
        source=prediction.source,
        text=prediction.text,
        map=attention_map(prediction),
        runs=[measured],
    )
