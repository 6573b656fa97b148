"""What a search calls in place of a step function: the function itself, or what was compiled of it."""

from collections.abc import Callable

from s2s_lesson.search.arrays import keras_steps


def runnable(step: Callable, compile_step: bool | None) -> tuple[Callable, bool]:
    """The step function to call, and whether it is compiled.

    Args:
        step: ``step(token_ids, state) -> (logits, state)``. Where it is a method of what has a method
            ``runnable``, as ``Ensemble`` has, that one is asked.
        compile_step: bool or None, as in ``beam_search``.

    Raises:
        ValueError: a step is to be compiled, and Keras was not imported.
    """
    ask = getattr(getattr(step, "__self__", None), "runnable", None)
    if ask is not None:
        return ask(compile_step)
    adapter = keras_steps()
    if compile_step is None and adapter is not None and adapter.layer_of(step) is not None:
        return adapter.compiled(step, if_possible=True), True
    if not compile_step:
        return step, False
    if adapter is None:
        raise ValueError(
            "Expected a step of Keras operations with compile_step=True; received one, and Keras was not "
            "imported. Leave compile_step out."
        )
    return adapter.compiled(step), True


def expect_pair(result: object) -> None:
    """Raise an error where a step function returned something else than logits and a state.

    Raises:
        ValueError: it is no tuple of two.
    """
    if not isinstance(result, tuple) or len(result) != 2:
        raise ValueError(
            f"Expected step to return a pair, (logits, state); received {type(result).__name__}."
            " Let step return both."
        )
