"""How soon the models of the page answer: from the press of the button until the reader sees the output.

    python -m benchmarks live --texts 40

Chromium opens a live view of each model that `python tools/page_data.py` wrote, and test sources drawn at
random are typed into it. It writes no file, and prints the median, the least and the greatest time, and the
longest task that kept the page from answering a key, in milliseconds. On a quiet machine a word or a date is
to take 50 ms, a sentence 300 ms, and no task 100 ms.
"""

import os
import platform
import random

from benchmarks.shared import quick
from benchmarks.shared.browser import fresh_page
from benchmarks.shared.results import ROOT, Missing
from benchmarks.shared.summaries import median

RESULTS = ()
STATIC = ROOT / "_build" / "static" / "s2s-views"
PAGE = """<!DOCTYPE html><html lang="en"><meta charset="utf-8"><title>Live</title>
<base href="{folder}/"><link rel="stylesheet" href="views.css">
{view}<script src="views.js"></script></html>"""
# The observer is told at the end of the task that shows the answer.
ANSWERS = """async (texts) => {
    const parts = ["form", "[type=text]", ".s2s-answer"];
    const [form, input, line] = parts.map((part) => document.querySelector(part));
    const [times, tasks] = [[], []];
    const watch = new PerformanceObserver((list) => {
        for (const task of list.getEntries()) tasks.push(task.duration);
    });
    for (const text of texts) {
        const shown = new Promise((tell) => new MutationObserver(tell).observe(line, { childList: true }));
        input.value = text;
        const begun = performance.now();
        form.requestSubmit();
        await shown;
        times.push(performance.now() - begun);
        if (times.length === 1) watch.observe({ type: "longtask" });
        await new Promise((resolve) => setTimeout(resolve, 20));
    }
    return { times, tasks };
}"""


def add_arguments(parser):
    """Add the arguments of this benchmark."""
    parser.add_argument("--texts", type=int, default=40)


def run(options):
    """Measure and print."""
    from s2s_lesson.pipeline.cards import cards

    shipped = [card for card in cards().values() if (STATIC / "models" / f"{card.name}.js").exists()]
    if not shipped:
        raise Missing(f"Expected models of the page in {STATIC}; there are none: make book.")
    print(f"{platform.machine()}, {os.cpu_count()} logical cores")
    for card in shipped:
        measure(card.name, card.corpus, quick.size(options.texts, 3))


def measure(name, corpus, count):
    """Let a model answer test sources of its corpus, and print how soon it did."""
    from s2s_lesson.corpora import load
    from s2s_lesson.pipeline import pretrained
    from s2s_lesson.teaching import live_view

    sources = sorted({pair.source for pair in load(corpus).test})
    texts = random.Random(0).sample(sources, count + 1)
    view = live_view(pretrained(name), texts[0], name)
    path = STATIC.parent / "live.html"
    path.write_text(PAGE.format(folder=STATIC.as_uri(), view=view._repr_html_()), encoding="utf-8")
    with fresh_page() as page:
        page.emulate_media(reduced_motion="reduce")  # nothing plays by itself
        page.goto(path.as_uri())
        answers = page.evaluate(ANSWERS, texts)
    path.unlink()
    first, *times = answers["times"]
    print(
        f"{name}: {median(times):.0f} ms ({min(times):.0f} to {max(times):.0f}) for each of {count} texts, "
        f"{first:.0f} ms for the first, with loading; longest task {max(answers['tasks'], default=0):.0f} ms"
    )
