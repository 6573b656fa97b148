import sys

from s2s_lesson import TextToText

run, folder = sys.argv[1:]
pipeline = TextToText.load(run)
manifest = pipeline.export(
    folder,
    weights="float16",
    name="numbers",
    licence="CC0-1.0",
    attribution="Pairs written by hand.",
)
print(manifest.agreement)
