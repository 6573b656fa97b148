"""Pairs of id lists -> length-bucketed, padded NumPy batches."""

import itertools

import keras
import numpy as np

from s2s_lesson.vocab import Vocabulary


class PairBatches(keras.utils.PyDataset):
    """Batches of pairs of about the same length, padded to few shapes.

    The pairs are put into buckets by source length and, within these, by target length. A batch comes from
    one bucket and is padded to that bucket's longest source and target, so there are at most
    ``source_buckets * target_buckets`` shapes and little padding. The order of the batches is a function of
    ``seed`` and ``epoch`` alone: a run that was interrupted can go on where it stopped.

    A batch is ``({"source_ids", "decoder_inputs"}, targets)``, all int32: ``source_ids`` is
    (batch, source_length); ``decoder_inputs`` begins with the begin token and ``targets`` ends with the end
    token, both (batch, target_length). With ``copy_ids`` the inputs hold these as well.

    Args:
        source_ids: list of lists of int, without padding.
        target_ids: list of lists of int that end with the end token, without padding.
        batch_size: int. Pairs in a batch; the last one of a bucket may be smaller.
        shuffle: bool. Draw the batches anew for every epoch.
        seed: int.
        source_buckets: int.
        target_buckets: int.
        copy_ids: list of lists of int, as long as those of ``source_ids``; for a model that copies.

    Raises:
        ValueError: there is no pair, the two lists differ in length, a list is empty or a size is below 1.
    """

    def __init__(
        self,
        source_ids,
        target_ids,
        batch_size=64,
        shuffle=True,
        seed=0,
        source_buckets=8,
        target_buckets=4,
        copy_ids=None,
    ):
        super().__init__()
        if not source_ids or len(source_ids) != len(target_ids):
            raise ValueError(
                "Expected at least one pair, and as many sources as targets; "
                f"received {len(source_ids)} sources and {len(target_ids)} targets."
            )
        if min(batch_size, source_buckets, target_buckets) < 1:
            raise ValueError(
                "Expected batch_size, source_buckets and target_buckets of at least 1; "
                f"received {batch_size}, {source_buckets} and {target_buckets}."
            )
        self.batch_size, self.shuffle, self.seed, self.epoch = batch_size, shuffle, seed, 0
        self.source_ids = [np.asarray(ids, "int32") for ids in source_ids]
        self.target_ids = [np.asarray(ids, "int32") for ids in target_ids]
        self.copy_ids = None if copy_ids is None else [np.asarray(ids, "int32") for ids in copy_ids]
        source_lengths = np.array([len(ids) for ids in source_ids])
        target_lengths = np.array([len(ids) for ids in target_ids])
        if not source_lengths.all() or not target_lengths.all():
            raise ValueError(
                "Expected no empty list of ids; received one. Vocabulary.encode adds the end token, "
                "so that even an empty text has an id."
            )
        self._buckets = _buckets(source_lengths, target_lengths, source_buckets, target_buckets)
        self._shapes = [(source_lengths[rows].max(), target_lengths[rows].max()) for rows in self._buckets]
        self.set_epoch(0)

    def set_epoch(self, epoch):
        """Draw the batches of an epoch.

        Args:
            epoch: int, from 0.
        """
        self.epoch = epoch
        generator = np.random.default_rng((self.seed, epoch))
        batches = []
        for bucket, rows in enumerate(self._buckets):
            rows = generator.permutation(rows) if self.shuffle else rows
            for start in range(0, len(rows), self.batch_size):
                batches.append((bucket, rows[start : start + self.batch_size]))
        if self.shuffle:
            batches = [batches[index] for index in generator.permutation(len(batches))]
        self._batches = _unlike_shapes_first(batches, self._shapes)

    def on_epoch_end(self):
        """Go to the next epoch; ``keras.Model.fit`` calls this."""
        self.set_epoch(self.epoch + 1)

    def __len__(self):
        return len(self._batches)

    def __getitem__(self, index):
        bucket, rows = self._batches[index]
        source_length, target_length = self._shapes[bucket]
        source_ids = pad([self.source_ids[row] for row in rows], source_length)
        targets = pad([self.target_ids[row] for row in rows], target_length)
        inputs = {"source_ids": source_ids, "decoder_inputs": shift_right(targets)}
        if self.copy_ids is not None:
            inputs["copy_ids"] = pad([self.copy_ids[row] for row in rows], source_length)
        return inputs, targets

    def rows(self, index):
        """Tell which pairs a batch holds: int (batch,), places in ``source_ids``, in the batch's order."""
        return self._batches[index][1]

    def padding_share(self):
        """Tell how much of an epoch's source and target positions is padding.

        Returns:
            float from 0 to 1.
        """
        real = sum(map(len, self.source_ids)) + sum(map(len, self.target_ids))
        positions = sum(len(rows) * sum(self._shapes[bucket]) for bucket, rows in self._batches)
        return 1 - real / positions


def pad(id_lists, length=None):
    """Put id lists into one array, padded on the right.

    Args:
        id_lists: list of sequences of int.
        length: int or None. None takes that of the longest.

    Returns:
        int32 (batch, length).
    """
    length = max(map(len, id_lists)) if length is None else length
    padded = np.full((len(id_lists), length), Vocabulary.pad_id, "int32")
    for row, ids in enumerate(id_lists):
        padded[row, : len(ids)] = ids
    return padded


def shift_right(targets):
    """Turn targets into decoder inputs: each token becomes the input that predicts the next one.

    Args:
        targets: int (batch, target_length), each row ending with the end token and then padding.

    Returns:
        int32 (batch, target_length); begins with the begin token, has no end token.
    """
    decoder_inputs = np.full_like(targets, Vocabulary.bos_id)
    decoder_inputs[:, 1:] = targets[:, :-1]
    decoder_inputs[decoder_inputs == Vocabulary.eos_id] = Vocabulary.pad_id
    return decoder_inputs


def _buckets(source_lengths, target_lengths, source_buckets, target_buckets):
    """Split row numbers by source length and, within these, by target length."""
    buckets = []
    for rows in _split(np.arange(len(source_lengths)), source_lengths, source_buckets):
        buckets.extend(_split(rows, target_lengths[rows], target_buckets))
    return buckets


def _split(rows, lengths, parts):
    """Split rows into at most so many ranges of length, with the least padding that this allows."""
    part_of_row = np.searchsorted(_upper_edges(lengths, parts), lengths)
    return [rows[part_of_row == part] for part in np.unique(part_of_row)]


def _upper_edges(lengths, parts):
    """Choose the lengths to which rows are padded, by dynamic programming over the distinct lengths.

    least[j] is the least number of positions for all rows up to the j-th length: for each further edge, the
    rows between two edges are padded to the upper one.
    """
    values, counts = np.unique(lengths, return_counts=True)
    rows_up_to = np.concatenate([[0], np.cumsum(counts)])
    cost = values[None, :] * (rows_up_to[None, 1:] - rows_up_to[:-1, None])  # from i-th to j-th length
    cost = np.where(np.tri(len(values), k=-1, dtype=bool), np.inf, cost)
    least, choices = cost[0], []
    for _ in range(min(parts, len(values)) - 1):
        total = np.concatenate([[np.inf], least[:-1]])[:, None] + cost
        choices.append(total.argmin(axis=0))
        least = total.min(axis=0)
    edges = [len(values) - 1]
    for choice in reversed(choices):
        edges.append(choice[edges[-1]] - 1)
    return values[edges[::-1]]


def _unlike_shapes_first(batches, shapes):
    """Let the first two batches differ in as many axes as can be.

    TensorFlow takes an axis in which these two agree to be of fixed size: ``keras.Model.fit`` fails where a
    later batch differs, and ``train_on_batch`` traces the model once more.
    """
    first_of_shape = {}
    for index, (bucket, rows) in enumerate(batches):
        first_of_shape.setdefault((len(rows), *shapes[bucket]), index)
    pairs = list(itertools.combinations(first_of_shape, 2))
    if not pairs:
        return batches
    unlike = max(pairs, key=lambda pair: np.not_equal(*pair) @ (1, 2, 2))
    front = [first_of_shape[shape] for shape in unlike]
    rest = [batch for index, batch in enumerate(batches) if index not in front]
    return [*(batches[index] for index in front), *rest]
