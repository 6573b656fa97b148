"""PairBatches: pairs of id lists, or of vectors and id lists -> length-bucketed, padded NumPy batches."""

from collections.abc import Sequence
from hashlib import sha256
from typing import cast

import keras
import numpy as np

from s2s_lesson.data.buckets import length_buckets, unlike_shapes_first
from s2s_lesson.data.expected import NonNegativeInt, PositiveInt, Seed, checked
from s2s_lesson.data.id_lists import IdLists
from s2s_lesson.data.noise import Noise, taken, without_lost_words
from s2s_lesson.data.padding import id_lists_of, pad, shift_right
from s2s_lesson.data.vectors import are_vectors, pad_vectors, vector_arrays


class PairBatches(keras.utils.PyDataset):
    """Batches of pairs of about the same length, padded to few shapes.

    The pairs are put into buckets by source length and, within these, by target length. A batch comes from
    one bucket and is padded to that bucket's longest source and target, so there are at most
    ``source_buckets * target_buckets`` shapes and little padding. The order of the batches is a function of
    ``seed`` and ``epoch`` alone: a run that was interrupted can go on where it stopped.

    A batch is ``({"source_ids", "decoder_inputs"}, targets)``, all int32: ``source_ids`` is
    (batch, source_length); ``decoder_inputs`` begins with the begin token and ``targets`` ends with the end
    token, both (batch, target_length). Where the sources are vectors, the inputs
    hold ``source_vectors`` and ``source_mask`` instead of ids: see ``data.vectors.pad_vectors``. With
    ``copy_ids`` the inputs hold these as well. With ``weights`` a
    third part is the sample weights, float32 (batch,).

    Args:
        source_ids: list of lists of int, without padding, or ``data.id_lists.IdLists``, for very many; or, of
            vectors, list of float (source_length, features).
        target_ids: list of lists of int that end with the end token, or ``IdLists``.
        batch_size: int. Pairs in a batch; the last one of a bucket may be smaller.
        shuffle: bool. Draw the batches anew for every epoch.
        seed: int.
        source_buckets: int.
        target_buckets: int.
        copy_ids: likewise, lists as long as those of ``source_ids``; for a model that copies. None where the
            sources are vectors.
        weights: list of float, 0 or greater: how much each pair counts. A pair of weight 0 is in no batch.
            None: all alike.
        noise: ``data.noise.Noise`` or None. What happens to the words of the sources, drawn anew for every
            epoch. Shapes stay as they are; ``copy_ids`` follow the words, blanked ones too. None where the
            sources are vectors.
        copies_from: int or None. With ``noise`` and ``copy_ids``, the size of the target vocabulary: words
            from this id on become unknown in a target whose source lost them.

    Raises:
        ValueError: there is no pair, the two lists differ in length, a list is empty, a size is below 1, or a
            weight is negative or not finite, or none is above 0; vectors differ in their number of
            features or hold NaN or infinity, or are to get noise.

    >>> from s2s_lesson.training import PairBatches
    >>> batches = PairBatches([[5, 6, 3], [7, 3]], [[8, 3], [9, 3]], shuffle=False, source_buckets=1)
    >>> inputs, targets = batches[0]
    >>> inputs["source_ids"].tolist(), targets.tolist()
    ([[5, 6, 3], [7, 3, 0]], [[8, 3], [9, 3]])
    >>> inputs["decoder_inputs"].tolist()
    [[2, 8], [2, 9]]
    """

    @checked
    def __init__(
        self,
        source_ids: Sequence[Sequence[int]] | IdLists | Sequence[np.ndarray],
        target_ids: Sequence[Sequence[int]] | IdLists,
        batch_size: PositiveInt = 64,
        shuffle: bool = True,
        seed: Seed = 0,
        source_buckets: PositiveInt = 8,
        target_buckets: PositiveInt = 4,
        copy_ids: Sequence[Sequence[int]] | IdLists | None = None,
        weights: Sequence[float] | None = None,
        noise: Noise | None = None,
        copies_from: PositiveInt | None = None,
    ):
        super().__init__()
        if not len(source_ids) or len(source_ids) != len(target_ids):
            raise ValueError(
                "Expected at least one pair, and as many sources as targets; "
                f"received {len(source_ids)} sources and {len(target_ids)} targets."
                " Give pairs in two lists of equal length."
            )
        self.batch_size, self.shuffle, self.seed, self.epoch = batch_size, shuffle, seed, 0
        self.vectors = are_vectors(source_ids)
        if self.vectors and copy_ids is not None:
            raise ValueError(
                "Expected no copy_ids beside vectors, which are no words; received some. Leave copy_ids out."
            )
        if self.vectors and noise:
            raise ValueError(
                f"Expected no noise beside vectors, which are no words; received {noise}."
                " Leave the noise out."
            )
        self.noise, self.copies_from = noise, copies_from
        ids = cast(Sequence[Sequence[int]], source_ids)
        self.source_ids = vector_arrays(source_ids) if self.vectors else id_lists_of(ids, "source_ids")
        self.target_ids = id_lists_of(target_ids, "target_ids")
        self.copy_ids = None if copy_ids is None else id_lists_of(copy_ids, "copy_ids")
        self.weights = None if weights is None else _usable_weights(weights, len(source_ids))
        source_lengths, target_lengths = _lengths(self.source_ids), self.target_ids.lengths
        if not source_lengths.all() or not target_lengths.all():
            raise ValueError(
                "Expected no empty list of ids; received one. Vocabulary.encode adds the end token, "
                "so that even an empty text has an id."
            )
        rows = np.arange(len(source_ids)) if self.weights is None else np.flatnonzero(self.weights)
        buckets = length_buckets(source_lengths[rows], target_lengths[rows], source_buckets, target_buckets)
        self._buckets: list[np.ndarray] = [rows[bucket] for bucket in buckets]
        self._shapes = [(source_lengths[rows].max(), target_lengths[rows].max()) for rows in self._buckets]
        self.set_epoch(0)

    @checked
    def set_epoch(self, epoch: NonNegativeInt) -> None:
        """Draw the batches of an epoch.

        Args:
            epoch: int, from 0.
        """
        self.epoch = epoch
        generator = np.random.default_rng((self.seed, epoch))
        batches = []
        for bucket, pairs in enumerate(self._buckets):
            rows = pairs[generator.permutation(len(pairs))] if self.shuffle else pairs
            for start in range(0, len(rows), self.batch_size):
                batches.append((bucket, rows[start : start + self.batch_size]))
        if self.shuffle:
            batches = [batches[index] for index in generator.permutation(len(batches))]
        self._batches = unlike_shapes_first(batches, self._shapes)

    def on_epoch_end(self) -> None:
        """Go to the next epoch; ``keras.Model.fit`` calls this."""
        self.set_epoch(self.epoch + 1)

    def __len__(self):
        return len(self._batches)

    def __getitem__(self, index):
        bucket, rows = self._batches[index]
        source_length, target_length = self._shapes[bucket]
        sources = [self.source_ids[row] for row in rows]
        targets = pad([self.target_ids[row] for row in rows], target_length)
        read = (
            pad_vectors(sources, source_length)
            if self.vectors
            else {"source_ids": pad(sources, source_length)}
        )
        if self.copy_ids is not None:
            read["copy_ids"] = pad([self.copy_ids[row] for row in rows], source_length)
        if self.noise:
            read, targets = self._noisy(index, read, targets)
        inputs = {**read, "decoder_inputs": shift_right(targets)}
        if self.weights is not None:
            return inputs, targets, self.weights[rows]
        return inputs, targets

    def rows(self, index: int) -> np.ndarray:
        """Tell which pairs a batch holds: int (batch,), places in ``source_ids``, in the batch's order."""
        return self._batches[index][1]

    def told(self) -> dict[str, object]:
        """What the batches of every epoch depend on: dict of names and what JSON can hold.

        >>> PairBatches([[5, 3]], [[6, 3]], batch_size=32).told()["batch_size"]
        32
        """
        digest = sha256()
        for ids in (self.source_ids, self.target_ids, self.copy_ids):
            for array in () if ids is None else (ids.ids, ids.lengths) if isinstance(ids, IdLists) else ids:
                digest.update(repr((array.shape, array.dtype.str)).encode("ascii") + array.tobytes())
        digest.update(b"" if self.weights is None else self.weights.tobytes())
        return {
            "": f"{len(self.source_ids):,} pairs {digest.hexdigest()[:16]}",
            "batch_size": self.batch_size,
            "shuffle": self.shuffle,
            "seed": self.seed,
            "noise": repr(self.noise),
        }

    def padding_share(self) -> float:
        """Tell how much of an epoch's source and target positions is padding.

        Returns:
            float from 0 to 1.
        """
        rows = np.concatenate(self._buckets)
        tokens = int(_lengths(self.source_ids)[rows].sum() + self.target_ids.lengths[rows].sum())
        positions = sum(len(rows) * sum(self._shapes[bucket]) for bucket, rows in self._batches)
        return 1 - tokens / positions

    def _noisy(self, index, read, targets):
        """A batch with noise, which its number, the epoch and the seed decide."""
        sequence = np.random.SeedSequence((self.seed, self.epoch), spawn_key=(index,))
        generator = np.random.default_rng(sequence)
        ids = read["source_ids"]
        places = self.noise.places(ids, generator)
        noisy = {"source_ids": self.noise.read(ids, places, generator)}
        if self.copy_ids is not None:
            noisy["copy_ids"] = taken(read["copy_ids"], places)
            if self.copies_from is not None:
                targets = without_lost_words(targets, noisy["copy_ids"], self.copies_from)
        return noisy, targets


def _lengths(sources):
    return sources.lengths if isinstance(sources, IdLists) else np.array([len(source) for source in sources])


def _usable_weights(weights, count):
    weights = np.asarray(weights, "float32")
    if weights.shape != (count,):
        raise ValueError(
            f"Expected one weight for each of {count} pairs; received shape {weights.shape}."
            " Give as many weights as pairs."
        )
    unusable = np.flatnonzero(~(np.isfinite(weights) & (weights >= 0)))
    if len(unusable) or not weights.any():
        which = f"{weights[unusable[0]]} for pair {unusable[0]}" if len(unusable) else "zeros alone"
        raise ValueError(
            f"Expected weights of 0 or greater, one of them above 0; received {which}. Give larger ones."
        )
    return weights
