"""TokenModel: what models whose targets are sequences of ids share."""

from collections.abc import Callable

import keras

from s2s_lesson import engine
from s2s_lesson.engine import Tensor


class TokenModel(keras.Model):
    """A Keras model whose targets are ids, (batch, target_length), and whose inputs are of any length.

    ``class_weight`` is refused: Keras takes rows of more than one number for one-hot vectors there, and would
    weigh a row by where its greatest id stands.

    >>> try:
    ...     TokenModel().train_on_batch([[4]], [[4, 3]], class_weight={4: 2.0})
    ... except ValueError as error:
    ...     print(str(error)[:24])
    Expected no class_weight
    """

    train_function: Callable
    test_function: Callable

    def __init__(self, *arguments: object, **options: object):
        engine.expect_own_process()
        super().__init__(*arguments, **options)

    def build(self, inputs_shape: object) -> None:
        """Do nothing: the first call makes the weights. Keras would trace it before, and take longer."""

    @property
    def takes_label_smoothing(self) -> bool:
        """Whether labels can be smoothed: where any token can stand in any output."""
        return True

    def fit(
        self,
        x: object = None,
        y: object = None,
        *,
        class_weight: dict[int, float] | None = None,
        **options: object,
    ) -> keras.callbacks.History:
        """As ``keras.Model.fit``, but that ``class_weight`` must be None."""
        _expect_none(class_weight)
        return super().fit(x, y, **options)

    def train_on_batch(
        self,
        x: object,
        y: object = None,
        sample_weight: Tensor | None = None,
        class_weight: dict[int, float] | None = None,
        return_dict: bool = False,
    ) -> object:
        """As ``keras.Model.train_on_batch``, but that ``class_weight`` must be None."""
        _expect_none(class_weight)
        return super().train_on_batch(x, y, sample_weight, return_dict=return_dict)

    def make_train_function(self, force: bool = False) -> None:
        """As of ``keras.Model``, but that batches of all shapes share one graph."""
        if self.train_function is None or force:
            super().make_train_function(force)
            self.train_function = engine.compile_training(self.train_function, self.train_step, self)

    def make_test_function(self, force: bool = False) -> None:
        """As of ``keras.Model``, but that batches of all shapes share one graph."""
        if self.test_function is None or force:
            super().make_test_function(force)
            self.test_function = engine.compile_training(self.test_function, self.test_step, self)

    def get_compile_config(self) -> None:
        """None: a saved model can be loaded without the losses and metrics that it was trained with."""

    def export_signature(self) -> dict[str, keras.InputSpec]:
        """What ``export`` lets the exported model take: shapes and types of the inputs, by name."""
        raise NotImplementedError

    def export(
        self,
        filepath: object,
        format: str = "tf_saved_model",
        verbose: bool | None = None,
        input_signature: object = None,
        **options: object,
    ) -> None:
        """As ``keras.Model.export``, for any number of rows and tokens.

        Args:
            filepath, format, verbose: as in ``keras.Model.export``.
            input_signature: likewise. None takes that of ``export_signature``; Keras would take that of the
                model's first call.
            **options: likewise.
        """
        signature = [self.export_signature()] if input_signature is None else input_signature
        super().export(filepath, format, verbose, signature, **options)


def _expect_none(class_weight):
    if class_weight is not None:
        raise ValueError(
            f"Expected no class_weight, which Keras reads for one class a row; received {class_weight!r}. "
            "Pass sample_weight, float (batch,) or (batch, target_length)."
        )
