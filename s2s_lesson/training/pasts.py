"""What a decoder reads of the target so far: the truth, its own tokens, or a mixture."""

from typing import Literal, TypeAlias

import keras
import numpy as np
from keras import ops, tree
from keras.random import SeedGenerator

from s2s_lesson.data.expected import PositiveFloat, PositiveInt, Share, checked
from s2s_lesson.data.vocabulary import Vocabulary
from s2s_lesson.engine import State, Tensor
from s2s_lesson.layers.config import VocabSize
from s2s_lesson.layers.recurrence import over_time
from s2s_lesson.models.seq2seq import Seq2Seq

Choice: TypeAlias = Literal["argmax", "sample"]
Coin: TypeAlias = Literal["token", "row"]


@checked
def mixed_past(
    model: Seq2Seq,
    decoder_inputs: Tensor,
    state: State,
    gold_share: Share | Tensor,
    seed: SeedGenerator,
    choose: Choice = "argmax",
    temperature: PositiveFloat = 1.0,
    passes: PositiveInt | None = None,
    coin: Coin = "token",
) -> Tensor:
    """Put tokens that the model chooses itself in the place of true ones.

    A coin is tossed for every token, or for every row: with probability ``gold_share`` the truth stays. What
    the model chooses at a position depends on what it was fed before it, its own tokens included. No gradient
    goes through the choice. The begin token and padding stay.

    Args:
        model: a ``Seq2Seq``.
        decoder_inputs: int (batch, target_length), beginning with the begin token.
        state: from ``model.encode``.
        gold_share: float or scalar tensor, from 0 to 1.
        seed: ``keras.random.SeedGenerator``.
        choose: "argmax", the likeliest token, or "sample", one drawn from softmax(logits / temperature).
        temperature: float above 0, of the samples.
        passes: None goes through time step by step. A number is how often all positions are decoded at once
            instead, each time reading the mixture of the time before, the truth at first. As many passes as
            there are positions give the same tokens as going step by step; fewer are an approximation.
        coin: "token" tosses one for every token, "row" one for every target as a whole.

    Returns:
        int32 (batch, target_length).

    Sources: Bengio et al. 2015, section 2.4, arXiv:1506.03099; passes: Mihaylova and Martins 2019,
    arXiv:1906.07651, and Duckworth et al. 2019, arXiv:1906.04331.
    """
    gold = ops.cast(decoder_inputs, "int32")
    batch, length = ops.shape(gold)
    coins = keras.random.uniform((batch, length if coin == "token" else 1), seed=seed)
    noise = gumbel_noise(model, gold, seed, state) if choose == "sample" else None
    stays = ops.broadcast_to(coins < gold_share, (batch, length))
    if passes is None:
        own = _step_by_step(model, gold, stays, state, noise, temperature)[0]
    else:
        own = gold
        for _ in range(passes):
            past = ops.where(stays, gold, own)
            logits, _ = model.decode(past, state)
            chosen = choose_tokens(logits, noise, temperature)  # (batch, target_length), of the next position
            own = ops.concatenate([gold[:, :1], chosen[:, :-1]], axis=1)
    stays = stays | ops.equal(gold, Vocabulary.pad_id)
    return ops.stop_gradient(ops.where(stays, gold, own))


@checked
def sample_outputs(
    model: Seq2Seq,
    state: State,
    max_output_length: PositiveInt | Tensor,
    seed: SeedGenerator,
    temperature: PositiveFloat = 1.0,
) -> Tensor:
    """Draw one output for every row, within a compiled training step.

    ``search.sample`` draws from the same distribution and does much more, but not inside a compiled function.

    Args:
        model: a ``Seq2Seq``.
        state: from ``model.encode``; repeat its rows for several samples of a source.
        max_output_length: int or scalar tensor, in tokens; longer outputs are cut.
        seed: ``keras.random.SeedGenerator``.
        temperature: float above 0.

    Returns:
        int32 (batch, max_output_length), padded after the end token.
    """
    batch = ops.shape(state["keys_mask"])[0]
    begin = ops.full((batch, max_output_length), Vocabulary.bos_id, dtype="int32")
    noise = gumbel_noise(model, begin, seed, state)
    chosen = _step_by_step(model, begin, ops.zeros_like(begin, dtype="bool"), state, noise, temperature)[1]
    ends = ops.cast(ops.equal(chosen, Vocabulary.eos_id), "int32")
    after_end = ops.cumsum(ends, axis=1) - ends > 0
    return ops.stop_gradient(ops.where(after_end, ops.full_like(chosen, Vocabulary.pad_id), chosen))


@checked
def corrupted_past(
    decoder_inputs: np.ndarray, share: Share, vocab_size: VocabSize, generator: np.random.Generator
) -> np.ndarray:
    """Put random tokens in the place of true ones, to see how a decoder copes with a wrong past.

    Args:
        decoder_inputs: int (batch, target_length), beginning with the begin token.
        share: float from 0 to 1. Probability that a token is replaced by another ordinary one.
        vocab_size: int, of the target.
        generator: ``numpy.random.Generator``.

    Returns:
        int32 (batch, target_length). The begin token and padding stay.
    """
    gold = np.asarray(decoder_inputs)
    special, ordinary = Vocabulary.eos_id + 1, vocab_size - Vocabulary.eos_id - 1
    # Any of the others: a shift by 1 to ordinary - 1 places never comes back to the true token.
    shifted = special + (gold - special + generator.integers(1, ordinary, gold.shape)) % ordinary
    replaced = (generator.random(gold.shape) < share) & (gold >= special)
    return np.where(replaced, shifted, gold).astype("int32")


def gumbel_noise(model: Seq2Seq, tokens: Tensor, seed: SeedGenerator, state: State) -> Tensor:
    """Draw the noise whose sum with logits is greatest at a token drawn from their softmax.

    Args:
        model: a ``Seq2Seq``.
        tokens: int (batch, target_length).
        seed: ``keras.random.SeedGenerator``.
        state: from ``model.encode``; a model that copies has a class more for each source position.

    Returns:
        float32 (batch, target_length, classes).

    Source: Maddison et al. 2014, section 2, arXiv:1411.0030.
    """
    classes = model.config.target_vocab_size
    if model.config.copy:
        classes = classes + ops.shape(state["keys_mask"])[1]
    uniform = keras.random.uniform((*ops.shape(tokens), classes), minval=1e-20, seed=seed)
    return -ops.log(-ops.log(uniform))


@checked
def choose_tokens(logits: Tensor, noise: Tensor | None = None, temperature: PositiveFloat = 1.0) -> Tensor:
    """Choose the likeliest tokens, or, with noise, draw them. Padding is never chosen.

    Args:
        logits: float (..., classes).
        noise: float (..., classes), from ``gumbel_noise``, or None.
        temperature: float above 0.

    Returns:
        int32 (...).
    """
    scores = ops.cast(logits, "float32")
    if noise is not None:
        scores = scores / temperature + noise
    return (
        ops.cast(ops.argmax(scores[..., Vocabulary.pad_id + 1 :], axis=-1), "int32") + Vocabulary.pad_id + 1
    )


def _step_by_step(model, gold, stays, state, noise, temperature):
    """Feed gold tokens where they stay and the model's own elsewhere.

    Returns:
        own: int32 (batch, target_length). What the model chose for each position before reading it.
        chosen: int32 (batch, target_length). What it chose after reading it.
    """
    state = tree.map_structure(ops.convert_to_tensor, state)
    fixed = {name: tree.map_structure(ops.stop_gradient, state[name]) for name in model.fixed_leaves}
    changing = {name: leaf for name, leaf in state.items() if name not in fixed}
    inputs = {"gold": ops.cast(gold, "float32"), "stays": ops.cast(stays, "float32")}
    if noise is not None:
        inputs["noise"] = noise

    def advance(carried, inputs):
        own = carried["chosen"]
        fed = ops.where(inputs["stays"] > 0, ops.cast(inputs["gold"], "int32"), own)
        logits, new_state = model.step(fed, {**fixed, **carried["state"]})
        changed = {name: new_state[name] for name in carried["state"]}
        chosen = choose_tokens(logits, inputs.get("noise"), temperature)
        return {"own": own, "chosen": chosen, "state": changed}

    begin = {"own": gold[:, 0], "chosen": gold[:, 0], "state": changing}
    steps = over_time(advance, tree.map_structure(ops.stop_gradient, begin), inputs)
    return steps["own"], steps["chosen"]
