"""PipelineEnsemble: trained pipelines that write together, and what it takes to evaluate them."""

import warnings
from collections.abc import Iterable, Sequence

import numpy as np

from s2s_lesson.data.expected import PositiveFloat, PositiveInt, checked
from s2s_lesson.data.sides import Source
from s2s_lesson.data.vocabulary import Vocabulary
from s2s_lesson.deployed.ensembles import WritingEnsemble
from s2s_lesson.pipeline.to_text import ToText
from s2s_lesson.search import score_targets
from s2s_lesson.search.ensembles import Mean
from s2s_lesson.training.batches import PairBatches
from s2s_lesson.training.run_log import Totals


class PipelineEnsemble(WritingEnsemble[Source]):
    """A ``deployed.WritingEnsemble`` of pipelines alone, which ``evaluate`` can score.

    Args:
        pipelines: list of ``TextToText``, or of ``SequenceToText``, as the members of a ``WritingEnsemble``.
        mean, weights: as in ``search.Ensemble``.

    Raises:
        ValueError: as ``WritingEnsemble``.

    >>> from s2s_lesson.pipeline import TextToText, evaluate
    >>> pairs, tokens = [("one", "1"), ("two", "2")], "characters"
    >>> one = TextToText.from_pairs(pairs, source_tokens=tokens, target_tokens=tokens, encoder_units=5)
    >>> evaluate(PipelineEnsemble([one, one]), pairs, metrics=["token_accuracy"])["pairs"]
    2
    """

    @checked
    def __init__(
        self,
        pipelines: Sequence[ToText[Source]],
        mean: Mean = "probabilities",
        weights: Sequence[PositiveFloat] | None = None,
    ):
        super().__init__(pipelines, mean, weights)
        self.first = pipelines[0]

    # What ``evaluate`` needs of pairs: the first pipeline's, for all are alike.

    def plain_pairs(self, pairs: Iterable[tuple[Source, str]]) -> list[tuple[Source, str]]:
        """As that of the pipelines."""
        return self.first.plain_pairs(pairs)

    def references(self, pairs: Iterable[tuple[Source, str]]) -> tuple[list[Source], list[list[str]]]:
        """As that of the pipelines."""
        return self.first.references(pairs)

    @checked
    def batches(
        self, pairs: Iterable[tuple[Source, str]], batch_size: PositiveInt = 64, progress: bool = True
    ) -> PairBatches:
        """As that of the pipelines; pairs that one of them does not accept are left out, with a warning."""
        pairs = self.plain_pairs(pairs)
        accepted = [pair for pair in pairs if self.accepts(*pair)]
        if left_out := len(pairs) - len(accepted):
            warnings.warn(
                f"{left_out} of {len(pairs)} pairs were left out: a side was empty, the source had more than "
                f"{self.max_source_length} {self.parts}, or the target {self.max_output_length} or more.",
                stacklevel=2,
            )
        return self.first.batches(accepted, batch_size, progress=progress)

    def teacher_forced_scores(self, batches: PairBatches) -> dict[str, float]:
        """Score the ensemble on batches, each token given the true ones before it.

        Args:
            batches: ``PairBatches``.

        Returns:
            dict of ``loss`` (nats per token), ``perplexity``, ``accuracy`` (0 to 1).
        """
        bos_id, eos_id = Vocabulary.bos_id, Vocabulary.eos_id
        totals = Totals()
        for inputs, targets in (batches[index] for index in range(len(batches))):
            state = self.start(inputs)
            log_probs, likeliest = score_targets(self.step, state, targets, bos_id=bos_id, eos_id=eos_id)
            tokens = np.count_nonzero(targets != Vocabulary.pad_id)
            figures = {"cross_entropy": -log_probs.sum() / tokens, "accuracy": likeliest.sum() / tokens}
            totals.add(figures, targets)
        return totals.means()
