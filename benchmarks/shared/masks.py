"""Models without masks: what they lose shows what masks are for."""

from unittest import mock


def without_masks():
    """A context in which models read padding as if it were tokens, in training and afterwards.

    The loss leaves padding out all the same.
    """
    from s2s_lesson.layers import sources

    return mock.patch.object(sources, "padding_mask", everything_real)


def everything_real(ids, pad_id=0):
    """A mask, bool (batch, length), that calls padding real."""
    from keras import ops

    return ops.ones_like(ids, dtype="bool")
