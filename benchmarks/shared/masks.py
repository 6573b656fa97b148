"""Models without masks: what they lose shows what masks are for."""

from unittest import mock


def without_masks():
    """A context in which models read padding as if it were tokens, in training and afterwards.

    The loss leaves padding out all the same.
    """
    from s2s_lesson.layers import sources

    return mock.patch.object(sources, "padding_mask", everything_real)


def written_behind_padding(pipeline, text, paddings, beam_size=5):
    """What a pipeline writes for a text with padding behind it that it takes for tokens.

    Args:
        pipeline: ``TextToText``.
        text: str.
        paddings: int.
        beam_size: int.
    """
    import numpy as np

    from s2s_lesson import search
    from s2s_lesson.data import detokenize
    from s2s_lesson.search import Constraints

    vocab = pipeline.target_vocab
    ids = np.array([[*pipeline.source_vocab.encode(pipeline.source_side(text)), *paddings * [vocab.pad_id]]])
    ends = {"bos_id": vocab.bos_id, "eos_id": vocab.eos_id, "max_output_length": pipeline.max_output_length}
    with without_masks():
        state = pipeline.model.encode(ids)
        result = search.beam_search(
            pipeline.model.step,
            state,
            **ends,
            pad_id=vocab.pad_id,
            beam_size=beam_size,
            constraints=Constraints(forbidden=[vocab.unk_id]),
        )
    return detokenize(vocab.decode(result.sequences[0, 0]), pipeline.target_tokens)


def everything_real(ids, pad_id=0):
    """A mask, bool (batch, length), that calls padding real."""
    from keras import ops

    return ops.ones_like(ids, dtype="bool")
