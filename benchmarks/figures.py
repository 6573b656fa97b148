"""Train a preset with several seeds, score it on held-out data, and write the figures that the book quotes.

    python -m benchmarks figures dates --seeds 0 1 2
    python -m benchmarks figures pronunciations --seeds 0

write book/results/dates.json and book/results/pronunciations.json. The runs themselves stay in runs/figures/;
a run that was interrupted goes on where it stopped when the command is given again.
"""

from benchmarks.shared.results import write_results
from benchmarks.shared.summaries import spreads
from benchmarks.shared.training import measured_by_command_line

RESULTS = ("dates", "pronunciations")


def add_arguments(parser):
    """Add the arguments of this benchmark."""
    parser.add_argument("corpus", help="dates, pronunciations, or another preset")
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])


def run(options):
    """Run the benchmark."""
    runs = [measured_by_command_line(options.corpus, seed) for seed in options.seeds]
    write_results(
        options.corpus,
        ["figures", options.corpus, "--seeds", *options.seeds],
        splits={split: spreads([run["scores"][split] for run in runs], float) for split in runs[0]["scores"]},
        runs=runs,
    )
