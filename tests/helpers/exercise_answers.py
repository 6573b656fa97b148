"""Answers to the exercises: right ones for each, and typical mistakes with words of the hint for each."""

import math
from collections import Counter

import keras
import numpy as np
from keras import ops
from scipy.special import expit, log_softmax, softmax

from s2s_lesson import search
from s2s_lesson.data import bleu, distinct_n, perplexity, shift_right
from s2s_lesson.layers import look_ahead_mask, padding_mask
from s2s_lesson.teaching.exercises.chapter1 import BIASES, FACTORS
from s2s_lesson.training import MaskedCrossEntropy, Strategy, edit_distance

# Chapter 1


def kind(source_steps, target_steps, aligned=False):
    name = " to ".join("one" if steps == 1 else "many" for steps in (source_steps, target_steps))
    return name if name != "many to many" else f"{name}, {'aligned' if aligned else 'unaligned'}"


def there_and_back(vocab, tokens, add_bos=False, add_eos=True, known=False):
    new_ids = vocab.encode(tokens, add_bos=add_bos, add_eos=add_eos)
    return new_ids, [token for token in tokens if (token in vocab) == known], vocab.decode(new_ids)


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


def log_probability(model, source_ids, targets, padding=False, end=True, shift=shift_right):
    logits = model({"source_ids": source_ids, "decoder_inputs": shift(targets)})
    log_probs = log_softmax(ops.convert_to_numpy(logits), axis=-1)
    counted = (targets != 0) | padding
    counted &= (targets != 3) | end
    return (np.take_along_axis(log_probs, targets[:, :, None], axis=2)[:, :, 0] * counted).sum(axis=1)


def factor(forget_bias, power=1, used=True):
    """What would be measured."""
    return float(np.interp(forget_bias if used else 1, BIASES, FACTORS)) ** power


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


def distances(encoder, plain, ids, columns=4, left=True, masked=True, plain_masked=True, place=0):
    padded = np.pad(ids, ((0, 0), (columns, 0) if left else (0, columns)))
    moved = []
    for read, use_mask in ((encoder, masked), (plain, plain_masked)):
        states = []
        for these in (ids, padded):
            mask = padding_mask(these) if use_mask else np.ones(these.shape, bool)
            if read is encoder:
                states.append(encoder(these, mask)[1][-1][place])
            else:
                states.append(plain(encoder.embedding(these), mask=mask))
        moved.append(np.linalg.norm(ops.convert_to_numpy(states[0] - states[1])))
    return moved


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


def masked_outputs(layer, sequence, positions, masked=True, transposed=False):
    sequence, seen = sequence + positions, np.tri(sequence.shape[1], dtype=bool) | (not masked)
    seen = np.repeat((seen.T if transposed else seen)[None], len(sequence), axis=0)
    return layer(sequence, *layer.project(sequence), seen)[0]


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


def next_output(vector, cache, kernels, power=0.5, grow=True, grow_first=True):
    q, *new = (vector @ kernel for kernel in kernels)
    grown = tuple(np.concatenate([old, [one]]) for old, one in zip(cache, new, strict=True))
    keys, values = grown if grow_first or not len(cache[0]) else cache
    return softmax(keys @ q / len(q) ** power) @ values, grown if grow else cache


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


def beam_in_rows(step, state, beam_size, bos_id, eos_id, longest, alike=False, parents=True, keep=True):
    state = {name: np.repeat(leaf, beam_size, axis=0) for name, leaf in state.items()}
    ids, best_of_all = np.full((beam_size, 1), bos_id), (-np.inf, [eos_id])
    sums = np.where(np.arange(beam_size) == 0, 0.0, 0.0 if alike else -np.inf)
    for _ in range(longest):
        log_probs, state = step(ids[:, -1], state)
        end_alone = np.where(np.arange(log_probs.shape[1]) == eos_id, 0.0, -np.inf)
        log_probs = np.where(ids[:, -1:] == eos_id, end_alone, log_probs)
        totals = (sums[:, None] + log_probs).ravel()
        best = np.argsort(-totals, kind="stable")[:beam_size]
        rows, tokens = np.divmod(best, log_probs.shape[1])
        sums, ids = totals[best], np.concatenate([ids[rows], tokens[:, None]], axis=1)
        state = {name: leaf[rows] for name, leaf in state.items()} if parents else state
        ended = [(one, row[1:].tolist()) for one, row in zip(sums, ids, strict=True) if row[-1] == eos_id]
        before = best_of_all if keep else (-np.inf, [eos_id])
        best_of_all = max([before, *ended], key=lambda pair: pair[0])
    tokens = best_of_all[1]
    return tokens[: tokens.index(eos_id) + 1], best_of_all[0]


ROW = {"a": 0.2, "b": 0.2, "c": 0.2, "</s>": 0.4}
TABLE = {"<s>": {"a": 0.4, "b": 0.35, "c": 0.25}, "a": ROW, "b": ROW, "c": {"</s>": 1.0}}


def bleu_of_several(outputs, references):
    return bleu([" ".join(output) for output in outputs], [[" ".join(r) for r in rs] for rs in references])[0]


def bleu_of_the_first(outputs, references):
    return bleu_of_several(outputs, [right[:1] for right in references])


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


def low_logits(step):
    def wrapped(token_ids, state):
        logits, state = step(token_ids, state)
        return np.maximum(logits, -1e9), state

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


def learned(share):
    kept = (1 - share) / 2
    return [[kept, 1 - kept], [1 - kept, kept]]


# Chapter 6


def shares(draw, temperatures=(0.3, 0.7, 1.5), n=2, factor=1):
    return [factor * distinct_n(draw(temperature), n) for temperature in temperatures]


def retrieve(asked, known, by=lambda asked, tokens: len(asked & tokens) / max(len(asked | tokens), 1)):
    return max(known, key=lambda entry: by(asked, entry[0]))[1]


def padded_accuracy(right, real_tokens, rows, length):
    padding = rows * length - real_tokens
    return (right + padding) / (rows * length), padding / (rows * length)


def best_reply(likely, prior, weight, sign=-1):
    return int(np.argmax(np.array(likely) + sign * weight * np.array(prior)))


def first_losses(make, train, dev, name="val_loss", epochs=1, before=True, again=False):
    losses, pipeline = [], make()
    for zero in (False, True):
        pipeline = pipeline if again else make()
        layer = pipeline.model.decoder.output_layer
        if zero and before:
            layer.bias.assign(np.zeros(7))
        losses.append(pipeline.fit(train, dev, epochs=epochs)[name][-1])
        if zero:
            layer.bias.assign(np.zeros(7))
    return losses


RIGHT = {
    "1.1": kind,
    "1.2": there_and_back,
    "1.3": even,
    "1.4": padded_logits,
    "1.5": log_probability,
    "1.6": factor,
    "2.1": (lstm_parameters, gru_parameters),
    "2.2": gru_before,
    "2.3": counter(),
    "2.4": sum_and_state,
    "2.5": read_by_hand,
    "2.6": (distances, "a"),
    "3.1": shuffled_attention,
    "3.2": masked_weights,
    "3.3": feeding_step,
    "3.4": local_weights,
    "3.5": masked_outputs,
    "3.6": mixture,
    "3.7": may_see,
    "3.8": turn,
    "3.9": next_output,
    "4.1": gnmt_scores,
    "4.2": [{"temperature": 0.0}, {"top_k": 1}, {"top_p": 1e-6}],
    "4.3": top_p_by_hand,
    "4.4": beam_in_rows,
    "4.6": with_syllables,
    "4.7": fused,
    "4.5": TABLE,
    "4.8": bleu_of_several,
    "5.1": lambda k: k * np.log(k),
    "5.2": ([0.0, -99.0, -99.0], [-99.0, -99.0, 0.0]),
    "5.3": RandomPast,
    "5.5": changes,
    "5.6": vowel_cost,
    "5.4": learned,
    "6.1": ("We are not here.", "We are here!", {"remove_stop_words": False}),
    "6.2": (shares, "a"),
    "6.3": retrieve,
    "6.4": best_reply,
    "6.5": padded_accuracy,
    "6.6": first_losses,
}

# (number, a wrong answer, words of the hint)
MISTAKES = [
    (
        "1.1",
        lambda source, target, aligned=False: kind(source, target, source == target),
        "equal length is not",
    ),
    ("1.1", lambda source, target, aligned=False: kind(source, target), "What is this argument for"),
    ("1.1", lambda source, target, aligned=False: kind(target, source, aligned), "wrong way round"),
    ("1.1", lambda *steps: kind(*steps).replace(" ", "-"), "as the picture has them"),
    ("1.1", lambda *steps: print(kind(*steps)), "End it with `return`"),
    ("1.2", lambda *given: there_and_back(*given, known=True), "does know"),
    ("1.2", lambda vocab, tokens: there_and_back(vocab, [*tokens[:-1], "other"]), "are others"),
    ("1.2", lambda *given: there_and_back(*given, add_bos=True), "begin token"),
    ("1.2", lambda *given: there_and_back(*given, add_eos=False), "do not end with 3"),
    ("1.2", lambda vocab, tokens: (*there_and_back(vocab, tokens)[:2], tokens), "went in"),
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
    ("1.5", lambda *given: log_probability(*given) / [4, 2, 3], "mean over the tokens"),
    ("1.5", lambda *given: log_probability(*given).sum(), "all rows"),
    ("1.5", lambda model, ids, targets: log_probability(model, ids, targets, shift=lambda ids: ids), "Shift"),
    ("1.6", lambda bias: factor(bias, -1), "wrong way round"),
    ("1.6", lambda bias: factor(bias, 15), "root"),
    ("1.6", lambda bias: factor(bias, 0.75), "15 steps"),
    ("1.6", lambda bias: factor(bias, used=False), "same factor"),
    ("1.6", lambda bias: expit(bias), "measure it"),
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
    ("2.6", (distances, "b"), "mask was handed over"),
    ("2.6", (distances, "c"), "nothing fades"),
    ("2.6", (distances, "yes"), "as a letter"),
    ("2.6", (lambda *given: distances(*given)[::-1], "a"), "changed places"),
    ("2.6", (lambda *given: distances(*given, left=False), "a"), "really stand on the left"),
    ("2.6", (lambda *given: distances(*given, masked=False), "a"), "hand over the mask"),
    ("2.6", (lambda *given: distances(*given, plain_masked=False), "a"), "as `mask=`"),
    ("2.6", (lambda *given: distances(*given, place=1), "a"), "*cell* state"),
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
    ("3.5", lambda *given: masked_outputs(*given, transposed=True), "transposed"),
    ("3.5", lambda *given: masked_outputs(*given, masked=False), "Nothing is masked"),
    ("3.5", lambda *given: masked_outputs(*given)[:, -1], "at all positions"),
    ("3.5", lambda layer, sequence, positions: masked_outputs(layer, sequence, 0 * positions), "left out"),
    (
        "3.5",
        lambda layer, sequence, positions: layer(sequence, *layer.project(sequence), look_ahead_mask(7)),
        "raised",
    ),
    ("3.7", lambda ids: may_see(ids | 1), "Padding may be seen"),
    ("3.7", lambda ids: np.repeat((ids != 0)[:, None], ids.shape[1], axis=1), "Where is the triangle"),
    ("3.7", lambda ids: np.tri(ids.shape[1], dtype=bool).T & (ids != 0)[:, None], "wrong way round"),
    ("3.7", lambda ids: may_see(ids, keys=False), "hidden as a query"),
    ("3.7", lambda ids: may_see(ids, join=np.logical_or), "join them by 'or'"),
    ("3.7", lambda ids: may_see(ids, k=-1), "the diagonal"),
    ("3.7", lambda ids: ~may_see(ids), "is hidden"),
    ("3.7", lambda ids: np.tri(ids.shape[1]), "Expected the mask of shape"),
    ("3.8", lambda *sizes: turn(*sizes).T, "the other way"),
    ("3.8", lambda distance, units: np.eye(units), "where it is"),
    ("3.8", lambda *sizes: turn(*sizes, signs=(1, 1)), "One sign is wrong"),
    ("3.8", alternating_turn, "alternate"),
    ("3.9", lambda *given: next_output(*given, power=0), "not divided by the root"),
    ("3.9", lambda *given: next_output(*given, power=1), "not by the width"),
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
    ("4.2", [{"temperature": 0.0}, {"top_k": 1}, {"top_p": 0}], "`sample` itself does not take {'top_p': 0}"),
    ("4.3", top_p_without("the token that reaches p"), "has to stay"),
    ("4.3", top_p_without("the sum"), "sum to 1 again"),
    ("4.3", lambda logits, p: np.sort(top_p_by_hand(logits, p))[::-1], "still sorted"),
    ("4.3", lambda logits, p: softmax(logits), "nothing was left out"),
    ("4.4", lambda *given: beam_in_rows(*given, parents=False), "by `parents`"),
    ("4.4", lambda *given: beam_in_rows(*given, keep=False), "remember it"),
    ("4.4", lambda *given: beam_in_rows(*given, alike=True), "rows are alike"),
    ("4.6", lambda *given: with_syllables(*given, late=True), "one token behind"),
    ("4.6", lambda *given: with_syllables(*given, end=False), "still end"),
    ("4.6", lambda *given: with_syllables(*given, carry=False), "the old one"),
    ("4.6", lambda step, is_vowel, eos_id, n: step, "raised"),
    ("4.6", lambda *given: low_logits(with_syllables(*given)), "minus infinity"),
    ("4.7", lambda *given: fused(*given, floor=-np.inf), "NaN"),
    ("4.7", lambda *given: fused(*given, log_probs=False), "as they are"),
    ("4.7", lambda *given: fused(*given, transposed=True), "wrong way round"),
    ("4.7", lambda step, language, weight: step, "as they are"),
    ("4.7", lambda *given: fused(*given, floor=0.0), "changes nothing"),
    (
        "4.7",
        lambda step, language, weight: fused(step, np.nan_to_num(language, neginf=0), weight),
        "all others",
    ),
    ("4.5", TABLE | {"c": {"</s>": 0.9}}, "must sum to 1"),
    ("4.5", TABLE | {"<s>": {"a": 0.5, "b": 0.4, "c": 0.1}}, "beam of two finds"),
    (
        "4.5",
        TABLE | {"<s>": {"a": 0.3, "b": 0.26, "d": 0.24, "c": 0.2}, "d": ROW},
        "beam of three misses",
    ),
    ("4.8", bleu_of_the_first, "Only the first references"),
    ("4.8", lambda *given: bleu_of_several(*given) / 100, "from 0 to 100"),
    ("5.1", lambda k: k * np.log10(k), "natural"),
    ("5.1", lambda k: k * np.log2(k), "base 2"),
    ("5.1", lambda k: k, "still near 1"),
    ("5.1", lambda k: k / 2, "Half of k"),
    ("5.2", RIGHT["5.2"][::-1], "changed places"),
    ("5.2", ([1.0, 0.0, 0.0], [0.0, 0.0, 1.0]), "look like probabilities"),
    ("5.2", ([0.0, -99.0, -99.0], [0.0, 0.0, 0.0]), "get further"),
    ("5.2", ([99.0, 0.0, 0.0], [0.0, 0.0, 99.0]), "above 0"),
    ("5.3", OneCoinARow, "Whole rows"),
    ("5.3", OtherWayRound, "wrong way round"),
    ("5.3", PaddingToo, "Padding or the begin token"),
    ("5.3", RandomPast(0.3), "the strategy itself"),
    ("5.5", lambda gold, own: changes(gold, own, lambda a, b: a > 3), "*changed*"),
    ("5.5", lambda gold, own: changes(gold, own, lambda a, b: a == a), "All places"),
    ("5.5", lambda gold, own: changes(gold, own, lambda a, b: (a > 3) & (a == b)), "that stayed"),
    ("5.5", lambda gold, own: dict.fromkeys(changes(gold, own), 1), "counted once"),
    (
        "5.5",
        lambda gold, own: Counter({pair[::-1]: n for pair, n in changes(gold, own).items()}),
        "true token comes",
    ),
    (
        "5.6",
        lambda outputs, targets, is_vowel: vowel_cost(outputs, targets, is_vowel | True),
        "All phones count",
    ),
    ("5.6", lambda *given: vowel_cost(*given, moved=False), "on the right alone"),
    ("5.6", lambda *given: vowel_cost(*given, rate=True), "error rate"),
    ("5.6", lambda outputs, targets, is_vowel: vowel_cost(outputs, targets, ~is_vowel), "consonants count"),
    ("5.4", lambda share: [[0.0, 1.0], [1.0, 0.0]], "to alternate"),
    ("5.4", lambda share: learned(1 - share), "that of *true* tokens"),
    ("5.4", lambda share: 5_000 * np.array(learned(share)), "counts"),
    ("5.4", lambda share: np.array(learned(share)) / 2, "whole table"),
    ("5.4", lambda share: [[0.5, 0.5], [0.5, 0.5]], "for a share of 0 alone"),
    ("5.4", lambda share: learned(share)[::-1], "repeats"),
    ("5.4", lambda share: [[0.7, 0.3], [0.3, 0.7]], "whatever the sentence"),
    ("6.1", ("We are here.", "we are here!", {"remove_stop_words": False}), "capitals"),
    ("6.1", ("We are not here.", "We are gone.", {}), "still different"),
    ("6.1", (*RIGHT["6.1"][:2], {"lower": False}), "takes the difference away"),
    ("6.1", ("We left not.", "We left.", {"stop_words": False}), "`clean` does not take"),
    ("6.1", ("!", "We left.", {}), "no word"),
    ("6.2", (lambda draw: shares(draw)[::-1], "a"), "fall"),
    ("6.2", (lambda draw: shares(draw, (0.7, 0.7, 0.7)), "a"), "All three are equal"),
    ("6.2", (lambda draw: shares(draw, factor=100), "a"), "percent"),
    ("6.2", (lambda draw: shares(draw, n=1), "a"), "of words"),
    ("6.2", (lambda draw: shares(draw, (0.3, 0.7)), "a"), "one for each temperature"),
    ("6.2", (lambda draw: [0.21, 0.43, 0.88], "a"), "numbers are not"),
    ("6.2", (shares, "b"), "Longer replies"),
    ("6.2", (shares, "c"), "vocabulary is the same"),
    ("6.3", lambda *given: retrieve(*given, by=lambda a, b: len(a & b)), "favour long"),
    ("6.3", lambda *given: retrieve(*given, by=lambda a, b: -len(a & b) / len(a | b)), "least similar"),
    ("6.3", lambda *given: retrieve(*given, by=lambda a, b: len(a & b) / len(b)), "known source alone"),
    ("6.3", lambda *given: retrieve(*given, by=lambda a, b: len(a & b) / len(a)), "favour long"),
    (
        "6.3",
        lambda *given: retrieve(*given, by=lambda a, b: len(a & b) / min(len(a), len(b))),
        "shorter source",
    ),
    (
        "6.3",
        lambda *given: retrieve(*given, by=lambda a, b: len(a & b) / max(len(a), len(b))),
        "longer source",
    ),
    ("6.3", lambda *given: retrieve(*given, by=lambda a, b: -len(a ^ b)), "that differ"),
    ("6.3", lambda asked, known: max(known, key=lambda entry: len(asked & entry[0]))[0], "second part"),
    ("6.3", lambda asked, known: 0, "and not its place"),
    ("6.3", lambda asked, known: known[3][1], "the same one comes back"),
    ("6.4", lambda *given: best_reply(*given, sign=1), "Which sign"),
    ("6.4", lambda likely, prior, weight: int(np.argmax(likely)), "log p(T) has no part"),
    (
        "6.4",
        lambda likely, prior, weight: int(np.argmin(np.array(likely) - weight * np.array(prior))),
        "lowest score",
    ),
    ("6.4", lambda likely, prior, weight: best_reply(prior, likely, weight), "lists have changed places"),
    (
        "6.4",
        lambda likely, prior, weight: best_reply(weight * np.array(likely), prior, 1),
        "belongs to log p(T)",
    ),
    (
        "6.4",
        lambda likely, prior, weight: best_reply((1 - weight) * np.array(likely), prior, weight),
        "keeps its full weight",
    ),
    ("6.4", lambda likely, prior, weight: best_reply(likely, prior, 1), "1 here"),
    ("6.4", lambda likely, prior, weight: int(np.argmin(prior)), "rarest"),
    ("6.4", lambda likely, prior, weight: best_reply(np.exp(likely), np.exp(prior), weight), "logarithms"),
    ("6.4", lambda *given: best_reply(*given) + 1, "counted from 0"),
    ("6.4", lambda likely, prior, weight: max(np.array(likely) - weight * np.array(prior)), "best score"),
    ("6.4", lambda likely, prior, weight: np.argsort(likely), "one number for the place"),
    ("6.5", lambda right, real, rows, n: (right / (rows * n), 1 - real / (rows * n)), "not in the numerator"),
    ("6.5", lambda right, real, rows, n: (right / real, 1 - real / (rows * n)), "on real tokens"),
    ("6.5", lambda *given: padded_accuracy(*given)[::-1], "changed places"),
    ("6.5", lambda *given: (padded_accuracy(*given)[0],) * 2, "no real token"),
    ("6.6", lambda *given: first_losses(*given)[::-1], "changed places"),
    ("6.6", lambda *given: first_losses(*given, before=False), "*before* training"),
    ("6.6", lambda *given: first_losses(*given, name="val_perplexity"), "perplexities"),
    ("6.6", lambda *given: first_losses(*given, name="loss"), "on the training pairs"),
    ("6.6", lambda *given: first_losses(*given, again=True), "One pipeline is not enough"),
    ("6.6", lambda *given: first_losses(*given, epochs=3), "more than one epoch"),
    ("6.6", lambda make, train, dev: make().evaluate(dev), "and no evaluate"),
]
