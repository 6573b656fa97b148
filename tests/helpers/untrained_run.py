"""A run folder to give to commands: an untrained model of a few letters, made in a moment."""

from pathlib import Path

from s2s_lesson.pipeline import TextToText

PAIRS = [("a b", "b a"), ("b c d", "d c b"), ("c", "c")]


def untrained_run(folder: Path, settings: str | None = None) -> Path:
    """Save the model, which reads 4 letters at most, in a folder, with settings in run.toml, if any."""
    tokens = {"source_tokens": "whitespace", "target_tokens": "whitespace"}
    sizes = {"embedding_dim": 2, "encoder_units": 3, "decoder_units": 5, "bidirectional": False}
    pipeline = TextToText.from_pairs(PAIRS, **tokens, **sizes, max_source_length=4, max_output_length=3)
    pipeline.save(folder)
    if settings is not None:
        (folder / "run.toml").write_text(settings, encoding="utf-8")
    return folder
