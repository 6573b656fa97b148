"""Other right answers to the exercises: lists, whole numbers, ``keras.ops``, loops, other formulas."""

import math
from collections import Counter
from dataclasses import dataclass
from itertools import pairwise

import keras
import numpy as np
from exercise_answers import RIGHT, counter
from keras import layers, ops
from rapidfuzz.distance import Levenshtein
from scipy.special import expit, log_softmax, softmax

from s2s_lesson.data import shift_right
from s2s_lesson.layers import look_ahead_mask
from s2s_lesson.training import Strategy

# Chapter 1


def kind_by_cases(source_steps, target_steps, aligned=False):
    match (source_steps > 1, target_steps > 1):
        case (False, False):
            return "one to one"
        case (False, True):
            return "one to many"
        case (True, False):
            return "many to one"
    return "many to many, " + ("aligned" if aligned else "unaligned")


def there_and_back_by_loops(vocab, tokens):
    ids, unknown = [], set()
    for token in tokens:
        if token not in vocab:
            unknown.add(token)
        ids += vocab.encode([token], add_eos=False)
    ids = np.array([*ids, 3])
    return [ids, unknown, tuple(vocab.decode(ids))]


def padded_logits_by_lists(model, source_ids, decoder_inputs, columns, masked):
    wider = [[*row, *[0] * columns] for row in source_ids.tolist()]
    state = dict(model.encode(np.array(wider)))
    if not masked:
        state["keys_mask"] = ops.ones((len(wider), len(wider[0])), "bool")
    return ops.convert_to_numpy(model.decode(decoder_inputs, state)[0]).tolist()


def log_probability_by_ops(model, source_ids, targets):
    logits, _ = model.decode(shift_right(targets), model.encode(source_ids))
    right = ops.one_hot(targets, logits.shape[-1]) * ops.log_softmax(logits)
    return ops.sum(ops.sum(right, axis=-1) * ops.cast(targets != 0, "float32"), axis=1)


def log_probability_by_loops(model, source_ids, targets):
    logits = ops.convert_to_numpy(model({"source_ids": source_ids, "decoder_inputs": shift_right(targets)}))
    probabilities = softmax(logits, axis=-1)
    return [
        sum(math.log(probabilities[row, place, token]) for place, token in enumerate(tokens) if token)
        for row, tokens in enumerate(targets.tolist())
    ]


# Chapter 2


def lstm_of_keras(inputs, units):
    lstm = layers.LSTM(units)
    lstm.build((None, None, inputs))
    return lstm.count_params()


def gru_of_keras(inputs, units):
    gru = layers.GRU(units)
    gru.build((None, None, inputs))
    return float(gru.count_params())


def gru_before_of_keras(vectors, W, U, b):
    gru = layers.GRU(len(b["z"]), reset_after=False, return_sequences=True)
    gru.build((None, *vectors.shape))
    gru.set_weights([np.concatenate([part[k] for k in "zrg"], axis=-1) for part in (W, U, b)])
    return gru(vectors[None])[0]


def gru_before_in_one(vectors, W, U, b):
    states = [np.zeros_like(b["z"])]
    for vector in vectors:
        last = states[-1]
        z = expit(vector @ W["z"] + last @ U["z"] + b["z"])
        r = expit(vector @ W["r"] + last @ U["r"] + b["r"])
        states.append(
            z * last + (1 - z) * np.tanh(np.dot(vector, W["g"]) + np.dot(r * last, U["g"]) + b["g"])
        )
    return states[1:]


def small_weights_that_count():
    """Gates as open as a rounded count needs, and nothing let out; whole numbers, in lists."""
    return [[[12, 0, 9, 0], [12, 0, -9, 0], [-12, 0, 0, 0]], [[0, 0, 0, 0]], [0, 12, 0, 0]]


def sum_and_state_by_loops(reader, ids):
    sums = [sum(ops.convert_to_numpy(reader.embedding(row[None]))[0]) for row in ids]
    return [sums, [ops.convert_to_numpy(reader(row[None], np.ones((1, 7), bool))[1][0][0])[0] for row in ids]]


def read_by_hand_in_arrays(reader, ids):
    outputs, states = reader.embedding(ids), []
    for layer in reader.recurrent_layers:
        forward, _ = layer.forward_layer(outputs)
        backward, _ = layer.backward_layer(outputs)
        states.append(ops.concatenate([forward[0, -1], backward[0, -1]]))
        outputs = ops.concatenate([forward, ops.flip(backward, 1)], axis=-1)
    return outputs, ops.stack(states)


def distances_of_others(encoder, plain, ids):
    left = np.concatenate([np.zeros((1, 9), int), ids], axis=1)
    hidden = [encoder(these, ops.convert_to_tensor(these != 0))[1][0][0] for these in (left, ids)]
    vectors, vectors_on_the_right = encoder.embedding(ids), encoder.embedding(left)
    plain_moved = plain(vectors_on_the_right, mask=ops.convert_to_tensor(left != 0)) - plain(vectors)
    return ops.norm(hidden[1] - hidden[0]), float(np.sqrt(np.sum(ops.convert_to_numpy(plain_moved) ** 2)))


# Chapter 3


def shuffled_attention_by_ops(layer, query, keys, order):
    shuffled = ops.take(keys, order, axis=1)
    context, weights = layer(query, keys=shuffled, values=shuffled)
    return [ops.convert_to_numpy(context).tolist(), ops.convert_to_numpy(weights)]


def masked_weights_by_ops(scores, mask):
    scores = ops.cast(scores, "float32") + (1 - ops.cast(mask, "float32")) * -1e9
    return ops.softmax(scores)


def masked_weights_by_loops(scores, mask):
    rows = []
    for row, real in zip(scores.tolist(), mask.tolist(), strict=True):
        best = max(score for score, is_real in zip(row, real, strict=True) if is_real)
        shares = [
            math.exp(score - best) * is_real for score, is_real in zip(row, real, strict=True) if is_real
        ]
        rows.append([*(share / sum(shares) for share in shares), *[0] * (len(row) - len(shares))])
    return rows


def feeding_step_by_ops(token_id, hidden, cell, attended, values, mask, p):
    read = ops.concatenate([p["embedding"][token_id], attended])
    gates = ops.matmul(read, p["kernel"]) + ops.matmul(hidden, p["recurrent_kernel"]) + p["bias"]
    enter, keep, new, show = ops.split(gates, 4)
    cell = ops.sigmoid(keep) * cell + ops.sigmoid(enter) * ops.tanh(new)
    hidden = ops.sigmoid(show) * ops.tanh(cell)
    scores = ops.matmul(ops.matmul(values, p["W"]), hidden)
    weights = ops.softmax(ops.where(mask, scores, -1e9))
    attended = ops.tanh(
        ops.matmul(ops.concatenate([ops.matmul(weights, values), hidden]), p["W_c"]) + p["b_c"]
    )
    return [ops.matmul(attended, p["W_o"]) + p["b_o"], hidden, cell, attended, weights]


def local_weights_by_loops(scores, middle, half_width):
    weights = np.zeros(scores.shape)
    for b, t, s in np.ndindex(scores.shape):
        offset = s - middle[b, t, 0]
        if abs(offset) <= half_width:
            weights[b, t, s] = math.exp(scores[b, t, s] - 2 * (offset / half_width) ** 2)
    return weights / weights.sum(-1, keepdims=True)


def masked_outputs_by_rows(layer, sequence, positions):
    seen = look_ahead_mask(sequence.shape[1])[None]
    rows = (row[None] + positions for row in sequence)
    return ops.concatenate([layer(row, *layer.project(row), seen)[0] for row in rows])


def mixture_by_ops(vocabulary, weights, copy_ids, generate):
    size = len(vocabulary) + len(weights)
    copied = ops.matmul(weights, ops.one_hot(copy_ids, size, dtype="float64"))
    return generate * np.pad(vocabulary, (0, len(weights))) + (1 - generate) * ops.convert_to_numpy(copied)


def mixture_by_lists(vocabulary, weights, copy_ids, generate):
    mixed = [generate * share for share in vocabulary.tolist()] + [0] * len(weights)
    for place, copied in enumerate(copy_ids):
        mixed[copied] = mixed[copied] + (1 - generate) * weights[place]
    return mixed


def may_see_by_loops(ids):
    return [
        [[s <= t and row[s] != 0 for s in range(len(row))] for t in range(len(row))] for row in ids.tolist()
    ]


def turn_by_loops(distance, units):
    half, matrix = units // 2, np.zeros((units, units), "float32")
    for pair in range(half):
        angle = distance / 10_000 ** (pair / half)
        matrix[pair, pair] = matrix[half + pair, half + pair] = math.cos(angle)
        matrix[pair, half + pair], matrix[half + pair, pair] = -math.sin(angle), math.sin(angle)
    return matrix.tolist()


def next_output_by_ops(vector, cache, kernels):
    query, key, value = (ops.matmul(vector[None], kernel) for kernel in kernels)
    keys, values = ops.concatenate([cache[0], key]), ops.concatenate([cache[1], value])
    scores = ops.matmul(query, ops.transpose(keys)) / math.sqrt(query.shape[-1])
    return ops.matmul(ops.softmax(scores), values), ops.stack([keys, values])


# Chapter 4


def gnmt_scores_by_ops(log_probabilities, lengths, penalty):
    base = ops.cast(5 + lengths, "float32") / 6
    return ops.cast(log_probabilities, "float32") / ops.power(base, penalty)


def top_p_by_loops(logits, p):
    probabilities = softmax(logits).tolist()
    kept, total = [0] * len(probabilities), 0.0
    for token in sorted(range(len(probabilities)), key=lambda token: -probabilities[token]):
        kept[token] = probabilities[token]
        total += probabilities[token]
        if total >= p:
            break
    return [share / total for share in kept]


def with_syllables_by_ops(step, is_vowel, eos_id, n):
    def limited(token_ids, state):
        vowels = [
            int(count) + int(is_vowel[token]) for count, token in zip(state["vowels"], token_ids, strict=True)
        ]
        logits, inner = step(token_ids, state["model"])
        full = np.array(vowels)[:, None] >= n
        is_end = np.arange(logits.shape[1]) == eos_id
        logits = ops.where(full & is_vowel, -np.inf, ops.where(~full & is_end, float("-inf"), logits))
        return [logits, dict(state, vowels=vowels, model=inner)]

    return limited


def beam_by_hypotheses(step, state, beam_size, bos_id, eos_id, longest):
    beam, ended = [(0.0, [bos_id], state)], []
    for _ in range(longest):
        candidates = [one for one in beam if one[1][-1] == eos_id]
        for log_prob, tokens, before in (one for one in beam if one[1][-1] != eos_id):
            log_probs, after = step(np.array([tokens[-1]]), before)
            candidates += [
                (log_prob + new, [*tokens, token], after) for token, new in enumerate(log_probs[0])
            ]
        beam = sorted(candidates, key=lambda one: one[0], reverse=True)[:beam_size]
        ended += [one for one in beam if one[1][-1] == eos_id]
    log_prob, tokens, _ = max(ended, key=lambda one: one[0])
    return np.array(tokens[1:]), np.float32(log_prob)


def bleu_by_counts(outputs, references):
    def grams(words, n):
        return Counter(tuple(words[i : i + n]) for i in range(len(words) - n + 1))

    logs = []
    for n in range(1, 5):
        pairs = list(zip(outputs, references, strict=True))
        hits = [
            sum(min(k, max(grams(r, n)[g] for r in right)) for g, k in grams(o, n).items())
            for o, right in pairs
        ]
        logs.append(math.log(sum(hits) / sum(len(o) - n + 1 for o in outputs)))
    wanted = sum(
        min((abs(len(r) - len(o)), len(r)) for r in right)[1]
        for o, right in zip(outputs, references, strict=True)
    )
    return 100 * math.exp(sum(logs) / 4 + min(0, 1 - wanted / sum(map(len, outputs))))


def fused_without_the_unseen(step, language, weight):
    def both(token_ids, state):
        logits, state = step(token_ids, state)
        of_tokens = language[token_ids]
        added = weight * of_tokens if weight else np.zeros_like(of_tokens)
        return ops.log_softmax(logits) + added, state

    return both


# Chapter 5


@dataclass
class RandomPastOfNumPy(Strategy):
    share: float

    def past(self, model, decoder_inputs, state, step, seed):
        past = np.array(decoder_inputs)
        for row, place in np.argwhere(past > 3):
            if np.random.random() < self.share:
                past[row, place] = np.random.randint(4, model.config.target_vocab_size)
        return past.tolist()


class RandomPastOfMasks(Strategy):
    def __init__(self, share):
        self.share = share

    def past(self, model, decoder_inputs, state, step, seed):
        gold = ops.convert_to_tensor(decoder_inputs)
        other = ops.floor(keras.random.uniform(gold.shape, 4, model.config.target_vocab_size, seed=seed))
        changed = ops.cast((keras.random.uniform(gold.shape, seed=seed) < self.share) & (gold > 3), "float32")
        return changed * other + (1 - changed) * ops.cast(gold, "float32")


def changes_in_a_dict(gold, own):
    pairs = {}
    for true, fed in zip(gold.ravel(), own.ravel(), strict=True):
        if true != fed:
            pairs[true, fed] = pairs.get((true, fed), 0) + 1
    return pairs


def changes_with_zeros(gold, own):
    """A Counter may hold pairs that it has never counted."""
    pairs = Counter(zip(gold.ravel().tolist(), own.ravel().tolist(), strict=True))
    return Counter({pair: 0 if pair[0] == pair[1] else times for pair, times in pairs.items()})


def vowel_cost_by_lists(outputs, targets, is_vowel):
    def vowels(row):
        return [token for token in row.tolist() if is_vowel[token]]

    return [
        Levenshtein.distance(vowels(one), vowels(other)) for one, other in zip(outputs, targets, strict=True)
    ]


def learned_by_simulation(share):
    generator, counts = np.random.default_rng(0), np.zeros((2, 2))
    for first in (0, 1):
        fed = np.where(generator.random(5_000) < share, first, generator.integers(2, size=5_000))
        np.add.at(counts, (fed, 1 - first), 1)
    return counts / counts.sum(axis=1, keepdims=True)


# Chapter 6


def shares_by_counting(draw):
    figures = {}
    for temperature in (1.5, 0.7, 0.3):
        pairs = [pair for tokens in draw(temperature) for pair in pairwise(tokens)]
        figures[temperature] = len(set(pairs)) / len(pairs)
    return np.array([figures[0.3], figures[0.7], figures[1.5]], "float32")


def retrieve_by_loops(asked, known):
    best, reply = -1, None
    for tokens, answer in known:
        similar = sum(token in tokens for token in asked) / len({*asked, *tokens})
        if similar > best:
            best, reply = similar, answer
    return tuple(reply)


def padded_accuracy_in_an_array(right, real_tokens, rows, length):
    real = np.float32(real_tokens / (rows * length))
    return np.array([1 - real + right / (rows * length), 1 - real])


def best_reply_by_loops(likely, prior, weight):
    return max(range(len(likely)), key=lambda place: likely[place] - weight * prior[place])


def first_losses_by_weights(make, train, dev):
    pipelines = [make(), make()]
    layer = pipelines[1].model.decoder.output_layer
    kernel, bias = layer.get_weights()
    layer.set_weights([kernel, 0 * bias])
    return np.array([pipeline.fit(train, validation_data=dev)["val_loss"][0] for pipeline in pipelines])


# (number, a right answer)
OTHER_RIGHT = [
    ("1.1", kind_by_cases),
    ("1.2", there_and_back_by_loops),
    ("1.3", lambda targets, vocab_size: [math.log(vocab_size), vocab_size]),
    ("1.3", lambda targets, vocab_size: np.array([np.log(vocab_size), vocab_size], "float32")),
    ("1.4", padded_logits_by_lists),
    ("1.5", log_probability_by_ops),
    ("1.5", log_probability_by_loops),
    ("1.6", lambda forget_bias: np.float32(RIGHT["1.6"](forget_bias) + 0.02)),
    ("2.1", (lstm_of_keras, gru_of_keras)),
    ("2.1", [lambda m, n: 4.0 * n * (m + n + 1), lambda m, n: np.int64(3 * n * (m + n + 2))]),
    ("2.2", gru_before_of_keras),
    ("2.2", gru_before_in_one),
    ("2.3", small_weights_that_count()),
    ("2.3", tuple(ops.convert_to_tensor(part) for part in counter())),
    ("2.4", sum_and_state_by_loops),
    ("2.5", read_by_hand_in_arrays),
    ("2.6", [distances_of_others, "A"]),
    ("3.1", shuffled_attention_by_ops),
    ("3.2", masked_weights_by_ops),
    ("3.2", masked_weights_by_loops),
    ("3.3", feeding_step_by_ops),
    ("3.4", local_weights_by_loops),
    ("3.5", masked_outputs_by_rows),
    ("3.6", mixture_by_ops),
    ("3.6", mixture_by_lists),
    ("3.7", may_see_by_loops),
    ("3.7", lambda ids: RIGHT["3.7"](ids).astype(int)),
    ("3.8", turn_by_loops),
    ("3.9", next_output_by_ops),
    ("4.1", gnmt_scores_by_ops),
    ("4.1", lambda p, n, penalty: (p * (6 / (n + 5)) ** penalty).tolist()),
    ("4.2", ({"top_p": 1 / 53}, {"temperature": 0}, {"top_k": 1})),
    ("4.2", [{"top_p": 1e-300}, {"top_k": 1}, {"temperature": 1e-9}]),
    ("4.3", top_p_by_loops),
    ("4.4", beam_by_hypotheses),
    (
        "4.5",
        {
            "<s>": {"x": 0.5, "y": 0.3, "z": np.float32(0.2)},
            "x": {"</s>": 0.25, "x": 0.25, "y": 0.25, "z": 0.25},
            "y": {"</s>": 0.25, "x": 0.25, "y": 0.25, "z": 0.25},
            "z": {"</s>": 1},
        },
    ),
    ("4.6", with_syllables_by_ops),
    ("4.7", fused_without_the_unseen),
    ("4.7", lambda step, language, weight: RIGHT["4.7"](step, language, weight, floor=-99)),
    ("4.8", bleu_by_counts),
    ("5.1", lambda k: math.ceil(k * math.log(k))),
    ("5.1", lambda k: k * np.log(np.float32(k))),
    ("5.2", np.array([[0, -999, -999], [-999, -999, 0]])),
    ("5.2", ((-1.0, -np.inf, -np.inf), [-math.inf, -math.inf, -7])),
    ("5.3", RandomPastOfNumPy),
    ("5.3", RandomPastOfMasks),
    ("5.5", changes_in_a_dict),
    ("5.5", changes_with_zeros),
    ("5.5", lambda gold, own: RIGHT["5.5"](gold, own, lambda true, fed: true != fed)),
    ("5.6", vowel_cost_by_lists),
    ("5.4", learned_by_simulation),
    ("6.1", ("Alive.", "not alive", {"remove_stop_words": False})),
    ("6.2", (shares_by_counting, " a. ")),
    ("6.3", retrieve_by_loops),
    ("6.4", best_reply_by_loops),
    ("6.4", lambda likely, prior, weight: log_softmax(np.array(likely) - weight * np.array(prior)).argmax()),
    ("6.5", padded_accuracy_in_an_array),
    ("6.6", first_losses_by_weights),
]
