"""Answers to the exercises: a right one for each, and typical mistakes with words of the hint for each."""

import math
from collections import Counter

import keras
import numpy as np
from keras import ops
from scipy.special import expit, log_softmax, softmax

from s2s_lesson import search
from s2s_lesson.data import perplexity, shift_right
from s2s_lesson.layers import look_ahead_mask, padding_mask
from s2s_lesson.training import MaskedCrossEntropy, Strategy, edit_distance

# Chapter 1


def kind(source_steps, target_steps, aligned=False):
    name = " to ".join("one" if steps == 1 else "many" for steps in (source_steps, target_steps))
    return name if name != "many to many" else f"{name}, {'aligned' if aligned else 'unaligned'}"


def even(targets, vocab_size):
    loss = MaskedCrossEntropy()(targets, np.zeros((*targets.shape, vocab_size), "float32"))
    return float(loss), perplexity(float(loss))


def even_with_padding(targets, vocab_size):
    loss = math.log(vocab_size) * np.count_nonzero(targets) / targets.size
    return loss, math.exp(loss)


def padded_logits(model, source_ids, decoder_inputs, columns, masked, side=0):
    padding = [(0, columns), (columns, 0)][side]
    wider = np.pad(source_ids, ((0, 0), padding))
    state = model.encode(wider)
    if not masked:
        state["keys_mask"] = np.ones(wider.shape, bool)
    return model.decode(decoder_inputs, state)[0]


def log_probability(model, source_ids, targets, padding=False, end=True):
    logits = model({"source_ids": source_ids, "decoder_inputs": shift_right(targets)})
    log_probs = log_softmax(ops.convert_to_numpy(logits), axis=-1)
    counted = (targets != 0) | padding
    counted &= (targets != 3) | end
    return (np.take_along_axis(log_probs, targets[:, :, None], axis=2)[:, :, 0] * counted).sum(axis=1)


# Chapter 2


def lstm_parameters(inputs, units):
    return 4 * (inputs * units + units * units + units)


def gru_parameters(inputs, units):
    return 3 * (inputs * units + units * units + 2 * units)


def sum_and_state(reader, ids, axis=1, place=0):
    _, [states] = reader(ids, padding_mask(ids))
    return ops.sum(reader.embedding(ids), axis=axis), states[place]


def read_by_hand(reader, ids, turned=True, late=False):
    outputs, states = reader.embedding(ids), []
    for layer in reader.recurrent_layers:
        forward, backward = layer.forward_layer(outputs)[0], layer.backward_layer(outputs)[0]
        in_order = ops.flip(backward, axis=1) if turned else backward
        outputs = ops.concatenate([forward, in_order], axis=-1)
        last = in_order[:, -1] if late else backward[:, -1]
        states.append(ops.concatenate([forward[:, -1], last], axis=-1)[0])
    return outputs[0], states


def gru_before(vectors, W, U, b, after=False, reset=True, keeps=True, gates="zr"):
    hidden, states = np.zeros(len(b["z"])), []
    for x in vectors:
        z, r = (1 / (1 + np.exp(-(x @ W[k] + hidden @ U[k] + b[k]))) for k in gates)
        r = r if reset else np.ones_like(r)
        recalled = r * (hidden @ U["g"]) if after else (r * hidden) @ U["g"]
        g = np.tanh(x @ W["g"] + b["g"] + recalled)
        hidden = z * hidden + (1 - z) * g if keeps else (1 - z) * hidden + z * g
        states.append(hidden)
    return np.array(states)


def counter(letters=((1, 1), (1, -1), (0, 0)), keep=20.0, order=(0, 1, 2, 3)):
    """Weights of an LSTM; letters: for a, b and c whether it comes in, and what it adds."""
    kernel = np.array([[20.0 if enters else -20.0, 0, 20.0 * adds, 0] for enters, adds in letters])
    return kernel[:, order], np.zeros((1, 4)), np.array([0, keep, 0, 20.0])[list(order)]


# Chapter 3


def shuffled_attention(layer, query, keys, order, values=True, axis=1):
    shuffled = np.take(keys, order, axis=axis)
    return layer(query, keys=shuffled, values=shuffled if values else keys)


def masked_weights(scores, mask):
    return softmax(np.where(mask, scores, -np.inf), axis=-1)


def mended_weights(scores, mask):
    weights = softmax(scores, axis=-1) * mask
    with np.errstate(invalid="ignore"):
        return weights / weights.sum(axis=-1, keepdims=True)


def local_weights(scores, middle, half_width, sigma=0.5, window=True):
    offset = np.arange(scores.shape[-1]) - middle
    scores = scores - offset**2 / (2 * (sigma * half_width) ** 2)
    return softmax(np.where(abs(offset) <= half_width, scores, -np.inf) if window else scores, axis=-1)


def feeding_step(token_id, hidden, cell, attended, values, mask, p, order=1, fed=1, masked=True, new=True):
    read = np.concatenate([p["embedding"][token_id], fed * attended][::order])
    gates = read @ p["kernel"] + hidden @ p["recurrent_kernel"] + p["bias"]
    enter, keep, content, show = np.split(gates, 4)
    cell = expit(keep) * cell + expit(enter) * np.tanh(content)
    hidden = expit(show) * np.tanh(cell)
    weights = softmax(np.where(mask | (not masked), values @ p["W"] @ hidden, -np.inf))
    now = np.tanh(np.concatenate([weights @ values, hidden]) @ p["W_c"] + p["b_c"])
    return now @ p["W_o"] + p["b_o"], hidden, cell, now if new else attended, weights


def mixture(vocabulary, weights, copy_ids, generate):
    mixed = np.append(generate * vocabulary, np.zeros(len(weights)))
    for token_id, weight in zip(copy_ids, weights, strict=True):
        mixed[token_id] += (1 - generate) * weight
    return mixed


def mixture_of_places(vocabulary, weights, copy_ids, generate):
    mixed = np.append(generate * vocabulary, np.zeros(len(weights)))
    mixed[copy_ids] += (1 - generate) * weights
    return mixed


def last_output(self_attention, sequence, positions, transposed=False, place=-1):
    sequence, seen = sequence + positions, look_ahead_mask(sequence.shape[1])[None]
    seen = ops.swapaxes(seen, 1, 2) if transposed else seen
    return self_attention(sequence, *self_attention.project(sequence), seen)[0][:, place]


def may_see(ids, join=np.logical_and, k=0, keys=True):
    real = ids != 0
    return join(np.tri(ids.shape[1], k=k, dtype=bool), real[:, None] if keys else real[:, :, None])


def turn(distance, units, signs=(-1, 1)):
    angles = distance / 10_000 ** (np.arange(units // 2) / (units / 2))
    cos, sin = np.diag(np.cos(angles)), np.diag(np.sin(angles))
    return np.block([[cos, signs[0] * sin], [signs[1] * sin, cos]])


def alternating_turn(distance, units):
    order = np.arange(units).reshape(2, -1).T.reshape(-1)  # sine, cosine, sine, cosine
    return turn(distance, units)[np.ix_(order, order)]


def next_output(vector, cache, kernels, scale=2, grow=True, grow_first=True):
    q, *new = (vector @ kernel for kernel in kernels)
    grown = tuple(np.concatenate([old, [one]]) for old, one in zip(cache, new, strict=True))
    keys, values = grown if grow_first or not len(cache[0]) else cache
    return softmax(keys @ q / scale) @ values, grown if grow else cache


# Chapter 4


def gnmt_scores(log_probabilities, lengths, penalty):
    return log_probabilities / ((5 + lengths) / 6) ** penalty


def top_p_by_hand(logits, p):
    return search.sampling_probabilities(logits[None], top_p=p)[0]


def top_p_without(what):
    def top_p(logits, p):
        probabilities = softmax(logits)
        order = np.argsort(-probabilities)
        through = probabilities[order].cumsum()
        if what != "the token that reaches p":
            through = through - probabilities[order]
        probabilities[order[through >= p]] = 0
        return probabilities if what == "the sum" else probabilities / probabilities.sum()

    return top_p


ROW = {"a": 0.2, "b": 0.2, "c": 0.2, "</s>": 0.4}
TABLE = {"<s>": {"a": 0.4, "b": 0.35, "c": 0.25}, "a": ROW, "b": ROW, "c": {"</s>": 1.0}}


def with_syllables(step, is_vowel, eos_id, n, late=False, end=True, carry=True):
    def wrapped(token_ids, state):
        vowels = state["vowels"] + is_vowel[token_ids]
        counted = state["vowels"] if late else vowels
        logits, inner = step(token_ids, state["model"])
        logits[(counted >= n)[:, None] & is_vowel] = -np.inf
        if end:
            logits[counted < n, eos_id] = -np.inf
        return logits, {"vowels": vowels if carry else state["vowels"], "model": inner}

    return wrapped


def fused(step, language, weight, floor=-20.0, log_probs=True, transposed=False):
    def wrapped(token_ids, state):
        logits, state = step(token_ids, state)
        added = (language.T if transposed else language)[token_ids]
        with np.errstate(invalid="ignore"):
            added = weight * np.maximum(added, floor)
        return (log_softmax(logits, axis=-1) if log_probs else logits) + added, state

    return wrapped


# Chapter 5


class RandomPast(Strategy):
    def __init__(self, share):
        self.share = share

    def past(self, model, decoder_inputs, state, step, seed):
        ids = ops.cast(decoder_inputs, "int32")
        coins = keras.random.uniform(self.shape_of_coins(ids), seed=seed)
        other = keras.random.randint(ops.shape(ids), 4, model.config.target_vocab_size, seed=seed)
        return ops.where(self.chosen(coins) & self.may_change(ids), other, ids)

    def shape_of_coins(self, ids):
        return ops.shape(ids)

    def chosen(self, coins):
        return coins < self.share

    def may_change(self, ids):
        return ids > 3


class OneCoinARow(RandomPast):
    def shape_of_coins(self, ids):
        return (ops.shape(ids)[0], 1)


class OtherWayRound(RandomPast):
    def chosen(self, coins):
        return coins >= self.share


class PaddingToo(RandomPast):
    def may_change(self, ids):
        return ids >= 0


def changes(gold, own, which=None):
    which = (gold != own) & (gold > 3) if which is None else which(gold, own)
    return Counter(zip(gold[which].tolist(), own[which].tolist(), strict=True))


def vowel_cost(outputs, targets, is_vowel, moved=True, rate=False):
    def vowels(ids):
        kept = np.where(is_vowel[ids], ids, 0)
        order = np.argsort(kept == 0, axis=1, kind="stable")
        return np.take_along_axis(kept, order, axis=1) if moved else kept

    cost = ops.convert_to_numpy(edit_distance(vowels(outputs), vowels(targets)))
    return cost / np.maximum((vowels(targets) != 0).sum(axis=1), 1) if rate else cost


# Chapter 6


def retrieve(asked, known, by=lambda asked, tokens: len(asked & tokens) / max(len(asked | tokens), 1)):
    return max(known, key=lambda entry: by(asked, entry[0]))[1]


def padded_accuracy(right, real_tokens, rows, length):
    padding = rows * length - real_tokens
    return (right + padding) / (rows * length), padding / (rows * length)


def best_reply(likely, prior, weight, sign=-1):
    return int(np.argmax(np.array(likely) + sign * weight * np.array(prior)))


RIGHT = {
    "1.1": kind,
    "1.2": ([4, 9, 1, 7, 1, 3], ["stops", "ten"], ["the", "train", "<unk>", "at", "<unk>"]),
    "1.3": even,
    "1.4": padded_logits,
    "1.5": log_probability,
    "1.6": {1: 0.79, 3: 1.01},
    "2.1": (lstm_parameters, gru_parameters),
    "2.2": gru_before,
    "2.3": counter(),
    "2.4": sum_and_state,
    "2.5": read_by_hand,
    "2.6": (0.2, 1e-7, "a"),
    "3.1": shuffled_attention,
    "3.2": masked_weights,
    "3.3": feeding_step,
    "3.4": local_weights,
    "3.5": last_output,
    "3.6": mixture,
    "3.7": may_see,
    "3.8": turn,
    "3.9": next_output,
    "4.1": gnmt_scores,
    "4.2": [{"temperature": 0.0}, {"top_k": 1}, {"top_p": 1e-6}],
    "4.3": top_p_by_hand,
    "4.4": TABLE,
    "4.5": with_syllables,
    "4.6": fused,
    "5.1": lambda k: k * np.log(k),
    "5.2": ([0.0, -99.0, -99.0], [-99.0, -99.0, 0.0]),
    "5.3": RandomPast,
    "5.4": changes,
    "5.5": vowel_cost,
    "5.6": [[0.49, 0.51], [0.5, 0.5]],
    "6.1": ("We are not here.", "We are here!", {"remove_stop_words": False}),
    "6.2": ([0.21, 0.43, 0.88], "a"),
    "6.3": retrieve,
    "6.4": padded_accuracy,
    "6.5": best_reply,
    "6.6": {"token frequencies": 4.9, "zero": 6.1},
}

# (number, a wrong answer, words of the hint)
MISTAKES = [
    ("1.1", lambda *steps: kind(*steps[:2], aligned=steps[0] == steps[1]), "aligned"),
    ("1.1", lambda source, target, aligned=False: kind(source, target, source == target), "same name"),
    (
        "1.1",
        lambda source, target, aligned=False: kind(source, target, aligned or source == target),
        "same name",
    ),
    (
        "1.1",
        lambda source, target, aligned=False: kind(source, target, aligned or source == target == 7),
        "equal length is not alignment",
    ),
    ("1.1", lambda source, target, aligned=False: kind(target, source, aligned), "wrong way round"),
    ("1.1", lambda *steps: kind(*steps).replace(" ", "-"), "as the picture has them"),
    ("1.1", lambda *steps: print(kind(*steps)), "End it with `return`"),
    ("1.2", ([4, 9, 1, 7, 1, 3], ["at", "ten"], RIGHT["1.2"][2]), "that of the sources"),
    ("1.2", ([2, 4, 9, 1, 7, 1, 3], *RIGHT["1.2"][1:]), "begin token"),
    ("1.2", ([4, 9, 1, 7, 1], *RIGHT["1.2"][1:]), "do not end with 3"),
    ("1.2", (*RIGHT["1.2"][:2], ["the", "train", "stops", "at", "ten"]), "went in"),
    ("1.3", even_with_padding, "all positions"),
    ("1.3", lambda targets, size: (np.log2(size), size), "base 2"),
    ("1.3", lambda targets, size: (np.log(size) * np.count_nonzero(targets), size), "their mean"),
    ("1.3", lambda targets, size: (np.log(size), np.log(size)), "the loss again"),
    ("1.3", lambda targets, size: (np.log(size), 2 ** np.log(size)), "2 to its power"),
    ("1.3", lambda targets, size: (size, np.log(size)), "changed places"),
    ("1.4", lambda *given: padded_logits(*given, side=1), "on the right"),
    ("1.4", lambda *given: padded_logits(*given[:4], True), "takes no notice"),
    ("1.4", lambda *given: padded_logits(*given[:4], False), "still looks at padding"),
    ("1.4", lambda *given: (padded_logits(*given), None), "logits alone"),
    ("1.5", lambda *given: log_probability(*given, padding=True), "Padding is counted"),
    ("1.5", lambda *given: log_probability(*given, end=False), "end token is left out"),
    ("1.5", lambda *given: np.exp(log_probability(*given)), "logarithm was asked for"),
    ("1.5", lambda *given: -log_probability(*given), "sign is wrong"),
    ("1.5", lambda *given: log_probability(*given) / [4, 2], "mean over the tokens"),
    ("1.5", lambda *given: log_probability(*given).sum(), "all rows"),
    ("1.6", {1: 1.3, 3: 1.05}, "wrong way round"),
    ("1.6", {1: 0.009, 3: 0.4}, "root"),
    ("1.6", {1: 0.76, 3: 0.77}, "same factor"),
    ("1.6", {1: 0.96, 3: 0.76}, "more open"),
    ("1.6", {1: 0.76}, "3 is missing"),
    ("1.6", {1: 0.731, 3: 0.953}, "measure it"),
    ("2.1", (lambda i, u: 4 * (i * u + u * u), gru_parameters), "biases are missing"),
    ("2.1", (lstm_parameters, lambda i, u: 3 * (i * u + u * u + u)), "second one"),
    ("2.1", (lstm_parameters, lstm_parameters), "not an LSTM"),
    ("2.2", lambda *weights: gru_before(*weights, after=True), "multiplies the state first"),
    ("2.2", lambda *weights: gru_before(*weights, reset=False), "not used"),
    ("2.2", lambda *weights: gru_before(*weights, keeps=False), "other way round"),
    ("2.2", lambda *weights: gru_before(*weights, gates="rz"), "changed places"),
    ("2.2", lambda *weights: gru_before(*weights)[-1], "last state"),
    ("2.3", counter(letters=((1, 1), (1, -1), (1, 1))), "'c' is counted"),
    ("2.3", counter(letters=((1, -1), (1, 1), (0, 0))), "signs"),
    ("2.3", counter(keep=0.0), "forgets"),
    ("2.3", counter(order=(0, 2, 1, 3)), "wrong blocks"),
    ("2.3", (counter()[0].T, *counter()[1:]), "transposed"),
    ("2.4", lambda reader, ids: sum_and_state(reader, ids, axis=2), "over the letters"),
    ("2.4", lambda reader, ids: sum_and_state(reader, ids, place=1), "cell state"),
    ("2.4", lambda reader, ids: sum_and_state(reader, ids)[::-1], "changed places"),
    ("2.5", lambda reader, ids: read_by_hand(reader, ids, turned=False), "turned round"),
    ("2.5", lambda reader, ids: read_by_hand(reader, ids, late=True), "backward reader stop"),
    ("2.6", (0.2, 1e-7, "b"), "mask was handed over"),
    ("2.6", (0.2, 1e-7, "c"), "nothing fades"),
    ("2.6", (0.0, 0.2, "a"), "changed places"),
    ("2.6", (0.2, 0.3, "a"), "should not move"),
    ("3.1", lambda *given: shuffled_attention(*given, values=False), "values are not"),
    ("3.1", lambda layer, query, keys, order: layer(query, keys=keys, values=keys), "old order"),
    ("3.1", lambda *given: shuffled_attention(*given[:3], np.argsort(given[3])), "put back"),
    ("3.1", lambda *given: shuffled_attention(*given)[::-1], "changed places"),
    ("3.1", lambda *given: shuffled_attention(*given, axis=2), "raised"),
    ("3.2", lambda scores, mask: softmax(scores * mask, axis=-1), "0 beats"),
    ("3.2", lambda scores, mask: softmax(scores, axis=-1) * mask, "after the softmax"),
    ("3.2", lambda scores, mask: masked_weights(scores, ~mask), "wrong way round"),
    ("3.2", lambda scores, mask: softmax(np.where(mask, scores, -np.inf), axis=0), "last axis"),
    ("3.2", lambda scores, mask: softmax(np.where(mask, scores, -np.inf)), "All rows together"),
    ("3.2", mended_weights, "rounded to 0"),
    ("3.3", lambda *given: feeding_step(*given, fed=0), "has no part in it"),
    ("3.3", lambda *given: feeding_step(*given, order=-1), "the embedding comes first"),
    ("3.3", lambda *given: feeding_step(*given, masked=False), "Padding gets weight"),
    ("3.3", lambda *given: feeding_step(*given, new=False), "as it came in"),
    ("3.3", lambda *given: feeding_step(*given)[:4], "a tuple of length 4"),
    ("3.4", lambda *given: local_weights(*given, window=False), "outside the window"),
    ("3.4", lambda *given: local_weights(*given, sigma=1), "too wide"),
    ("3.4", lambda *given: local_weights(*given, sigma=1e6), "bell is not"),
    ("3.6", lambda *given: mixture(*given[:3], 1 - given[3]), "changed places"),
    ("3.6", mixture_of_places, "Add up all its places"),
    ("3.6", lambda *given: mixture(*given)[: len(given[0])], "words that the vocabulary lacks"),
    ("3.6", lambda *given: np.append(given[3] * given[0], (1 - given[3]) * given[1]), "an id of its own"),
    ("3.5", lambda *given: last_output(*given, transposed=True), "transposed"),
    ("3.5", lambda *given: last_output(*given, place=0), "first position"),
    ("3.5", lambda layer, sequence, positions: last_output(layer, sequence, 0 * positions), "left out"),
    ("3.7", lambda ids: np.broadcast_to(np.tri(5, dtype=bool), (len(ids), 5, 5)), "Padding may be seen"),
    ("3.7", lambda ids: np.repeat((ids != 0)[:, None], 5, axis=1), "Where is the triangle"),
    ("3.7", lambda ids: np.tri(5, dtype=bool).T & (ids != 0)[:, None], "wrong way round"),
    ("3.7", lambda ids: may_see(ids, keys=False), "hidden as a query"),
    ("3.7", lambda ids: may_see(ids, join=np.logical_or), "join them by 'or'"),
    ("3.7", lambda ids: may_see(ids, k=-1), "the diagonal"),
    ("3.7", lambda ids: ~may_see(ids), "is hidden"),
    ("3.7", lambda ids: np.tri(5), "Expected the mask of shape"),
    ("3.8", lambda *sizes: turn(*sizes).T, "the other way"),
    ("3.8", lambda distance, units: np.eye(units), "where it is"),
    ("3.8", lambda *sizes: turn(*sizes, signs=(1, 1)), "One sign is wrong"),
    ("3.8", alternating_turn, "alternate"),
    ("3.9", lambda *given: next_output(*given, scale=1), "not divided by the root"),
    ("3.9", lambda *given: next_output(*given, scale=4), "not by the width"),
    ("3.9", lambda *given: next_output(*given, grow=False), "does not grow"),
    ("3.9", lambda *given: next_output(*given, grow_first=False), "first grow the cache"),
    ("3.9", lambda x, cache, kernels: (x @ kernels[2], next_output(x, cache, kernels)[1]), "own value"),
    (
        "3.9",
        lambda x, cache, kernels: next_output(x, cache, [*kernels[:1], *kernels[:0:-1]]),
        "changed places",
    ),
    ("4.1", lambda p, n, penalty: p / ((5 + n) / 6 * penalty), "power, and not a factor"),
    ("4.1", lambda p, n, penalty: gnmt_scores(p, n - 1, penalty), "end token"),
    ("4.1", lambda p, n, penalty: p / n**penalty, "other formula"),
    ("4.1", lambda p, n, penalty: gnmt_scores(p, n, -penalty), "you multiply"),
    ("4.2", [{"temperature": 0.5}, {"top_k": 1}, {"top_p": 1e-6}], "to chance"),
    ("4.2", [{"temperature": 0.0}, {"top_k": 2}, {"top_p": 1e-6}], "among them"),
    ("4.2", [{"temperature": 0.0}, {"top_k": 1}, {"top_p": 0.5}], "more than one token"),
    ("4.2", [{"temperature": 0.0}, {"top_k": 1}, {"typical_p": 1e-6}], "most typical token"),
    ("4.2", [{"top_p": 1e-5}, {"top_k": 1}, {"top_p": 1e-6}], "same option"),
    ("4.2", [{"seed": 1}, {"top_k": 1}, {"top_p": 1e-6}], "does not change"),
    ("4.3", top_p_without("the token that reaches p"), "has to stay"),
    ("4.3", top_p_without("the sum"), "sum to 1 again"),
    ("4.3", lambda logits, p: np.sort(top_p_by_hand(logits, p))[::-1], "still sorted"),
    ("4.3", lambda logits, p: softmax(logits), "nothing was left out"),
    ("4.4", TABLE | {"c": {"</s>": 0.9}}, "must sum to 1"),
    ("4.4", TABLE | {"<s>": {"a": 0.5, "b": 0.4, "c": 0.1}}, "beam of two finds"),
    (
        "4.4",
        TABLE | {"<s>": {"a": 0.3, "b": 0.26, "d": 0.24, "c": 0.2}, "d": ROW},
        "beam of three misses",
    ),
    ("4.5", lambda *given: with_syllables(*given, late=True), "one token behind"),
    ("4.5", lambda *given: with_syllables(*given, end=False), "still end"),
    ("4.5", lambda *given: with_syllables(*given, carry=False), "the old one"),
    ("4.5", lambda step, is_vowel, eos_id, n: step, "raised"),
    ("4.6", lambda *given: fused(*given, floor=-np.inf), "NaN"),
    ("4.6", lambda *given: fused(*given, log_probs=False), "as they are"),
    ("4.6", lambda *given: fused(*given, transposed=True), "wrong way round"),
    ("4.6", lambda step, language, weight: step, "as they are"),
    ("5.1", lambda k: k * np.log10(k), "natural"),
    ("5.1", lambda k: k * np.log2(k), "base 2"),
    ("5.1", lambda k: k, "still near 1"),
    ("5.1", lambda k: k / 2, "Half of k"),
    ("5.2", RIGHT["5.2"][::-1], "changed places"),
    ("5.2", ([1.0, 0.0, 0.0], [0.0, 0.0, 1.0]), "look like probabilities"),
    ("5.2", ([0.0, -99.0, -99.0], [0.0, 0.0, 0.0]), "get further"),
    ("5.3", OneCoinARow, "Whole rows"),
    ("5.3", OtherWayRound, "wrong way round"),
    ("5.3", PaddingToo, "Padding or the begin token"),
    ("5.3", RandomPast(0.3), "the strategy itself"),
    ("5.4", lambda gold, own: changes(gold, own, lambda a, b: a > 3), "*changed*"),
    ("5.4", lambda gold, own: changes(gold, own, lambda a, b: a != b), "Padding is counted"),
    (
        "5.4",
        lambda gold, own: Counter({pair[::-1]: n for pair, n in changes(gold, own).items()}),
        "true token comes",
    ),
    (
        "5.5",
        lambda outputs, targets, is_vowel: vowel_cost(outputs, targets, is_vowel | True),
        "All phones count",
    ),
    ("5.5", lambda *given: vowel_cost(*given, moved=False), "on the right alone"),
    ("5.5", lambda *given: vowel_cost(*given, rate=True), "error rate"),
    ("5.5", lambda outputs, targets, is_vowel: vowel_cost(outputs, targets, ~is_vowel), "consonants count"),
    ("5.6", [[0.0, 1.0], [1.0, 0.0]], "to alternate"),
    ("5.6", [[2510, 2490], [2480, 2520]], "counts"),
    ("5.6", [[0.25, 0.25], [0.25, 0.25]], "whole table"),
    ("5.6", [[0.7, 0.3], [0.3, 0.7]], "still depends"),
    ("6.1", ("We are here.", "we are here!", {"remove_stop_words": False}), "capitals"),
    ("6.1", ("We are not here.", "We are gone.", {}), "still different"),
    ("6.1", (*RIGHT["6.1"][:2], {"lower": False}), "takes the difference away"),
    ("6.1", ("We left not.", "We left.", {"stop_words": False}), "raised"),
    ("6.2", ([0.88, 0.43, 0.21], "a"), "fall"),
    ("6.2", ([0.4, 0.4, 0.4], "a"), "All three are equal"),
    ("6.2", ([21, 43, 88], "a"), "share"),
    ("6.2", ([0.21, 0.43, 0.88], "b"), "Longer replies"),
    ("6.2", ([0.21, 0.43, 0.88], "c"), "vocabulary is the same"),
    ("6.3", lambda *given: retrieve(*given, by=lambda a, b: len(a & b)), "favour long"),
    ("6.3", lambda *given: retrieve(*given, by=lambda a, b: -len(a & b) / len(a | b)), "least similar"),
    ("6.3", lambda *given: retrieve(*given, by=lambda a, b: len(a & b) / len(b)), "known source alone"),
    ("6.4", lambda right, real, rows, n: (right / (rows * n), 1 - real / (rows * n)), "not in the numerator"),
    ("6.4", lambda right, real, rows, n: (right / real, 1 - real / (rows * n)), "on real tokens"),
    ("6.4", lambda *given: padded_accuracy(*given)[::-1], "changed places"),
    ("6.4", lambda *given: (padded_accuracy(*given)[0],) * 2, "no real token"),
    ("6.5", lambda *given: best_reply(*given, sign=1), "Which sign"),
    ("6.5", lambda likely, prior, weight: int(np.argmax(likely)), "not in use"),
    (
        "6.5",
        lambda likely, prior, weight: int(np.argmin(np.array(likely) - weight * np.array(prior))),
        "lowest score",
    ),
    ("6.6", {"token frequencies": 6.1, "zero": 4.9}, "changed places"),
    ("6.6", {"token frequencies": 5.0, "zero": 5.0}, "same"),
    ("6.6", {"token frequencies": 130.0, "zero": 440.0}, "perplexities"),
]
