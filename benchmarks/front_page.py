"""Train the preset of the dates, and write the attention map of the front page.

    python benchmarks/front_page.py front_page

writes book/results/front_page.json and, for the README, book/images/attention.png. The run stays in
runs/figures/, where benchmarks/figures.py takes it up.
"""

import argparse

from attention import attention_map
from figures import measure
from results import ROOT, write_results

from s2s_lesson import plotting
from s2s_lesson.pipeline import TextToText

SOURCE = "30 sept. 2016"


def main():
    """Train, read one date, and write its map."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("name", choices=["front_page"], help="of the file in book/results/")
    parser.parse_args()
    run = measure("dates", seed=0)
    [prediction] = TextToText.load(ROOT / "runs" / "figures" / "dates-0").predict([SOURCE])
    plotting.plot_attention(prediction).figure.savefig(ROOT / "book" / "images" / "attention.png", dpi=200)
    write_results(
        "front_page",
        ["python benchmarks/front_page.py front_page"],
        source=prediction.source,
        text=prediction.text,
        map=attention_map(prediction),
        runs=[run],
    )


if __name__ == "__main__":
    main()
