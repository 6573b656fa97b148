"""This package's ways to decode, each in a process of its own: see ``worker``.

The function of a process takes a folder, and returns one that takes ``words``, ``beam_size`` and
``batch_size``, and gives back lists of phones. The two of an exported model hold no Keras, and make sure.
"""

import string
import sys

from benchmarks.shared import arithmetic

MAX_LENGTH = 100
_LOADS = {
    "predict": "from s2s_lesson import TextToText; load = TextToText.load",
    "deployed_predict": "from s2s_lesson.deployed import load",
}
STARTS = {  # programs that predict a word, as users write them: arguments are the model's folder and the word
    name: f"import sys; {load}; print(load(sys.argv[1]).predict([sys.argv[2]])[0].text)"
    for name, load in _LOADS.items()
}
ENGINES = {"keras", "tensorflow", "jax", "torch"}


def search_process(folder):
    """Encode and search with the Keras model, one batch after the other."""
    from s2s_lesson.pipeline import TextToText

    pipeline = TextToText.load(folder)
    return searching(pipeline, vars(pipeline.model.config))


def deployed_process(folder, threads):
    """The same with the exported model."""
    model = exported(folder, threads)
    return without_engine(searching(model, model.manifest.config))


def predict_process(folder):
    """Decode as users do, with the Keras model."""
    from s2s_lesson.pipeline import TextToText

    return predicting(TextToText.load(folder))


def deployed_predict_process(folder, threads):
    """Decode as users do, with the exported model."""
    return without_engine(predicting(exported(folder, threads)))


def exported(folder, threads):
    """An exported model."""
    from s2s_lesson import deployed

    return deployed.load(folder, threads)


def without_engine(decode):
    """The same function, once it is sure that nothing of an engine was imported.

    Raises:
        RuntimeError: something was.
    """

    def decode_without(*arguments, **options):
        outputs = decode(*arguments, **options)
        if imported := ENGINES & set(sys.modules):
            raise RuntimeError(f"Expected a process without an engine; it imported {', '.join(imported)}.")
        return outputs

    return decode_without


def predicting(model):
    """Decode with ``predict``: attention as well, and as many batches at a time as the model takes."""

    def decode(words, beam_size, batch_size, alone=False):
        """The phones of each word; with ``alone``, each word is a request of its own."""
        requests = [[word] for word in words] if alone else [words]
        answers = [model.predict(request, beam_size, batch_size=batch_size) for request in requests]
        return [prediction.text.split() for answer in answers for prediction in answer]

    return decode


def searching(writer, sizes):
    """Decode with ``beam_search``, one batch of words of like length after the other.

    Args:
        writer: ``TextToText`` or ``ExportedTextToText``.
        sizes: dict, see ``arithmetic.multiply_adds``.
    """
    from s2s_lesson.search import Constraints, beam_search

    vocab = writer.target_vocab

    def decode(words, beam_size, batch_size, length=None, count=False):
        """The phones of each word, ``length`` of them where it is given; or what was computed: ``count``."""
        steps, positions = [], 0  # rows of each step, and its source length

        def counted(token_ids, state):
            steps.append((len(token_ids), source_length))
            return writer.step(token_ids, state)

        outputs = [None] * len(words)
        sides = [writer.source_side(word) for word in words]
        order = sorted(range(len(words)), key=lambda index: len(sides[index]))
        for start in range(0, len(order), batch_size):
            indices = order[start : start + batch_size]
            inputs = writer.source_inputs([sides[index] for index in indices])
            source_length = inputs["source_ids"].shape[1]
            positions += inputs["source_ids"].size
            result = beam_search(
                counted if count else writer.step,
                writer.start(inputs),
                bos_id=vocab.bos_id,
                eos_id=vocab.eos_id,
                max_output_length=length or MAX_LENGTH,
                constraints=Constraints(min_output_length=length or 1),
                beam_size=beam_size,
            )
            written = zip(indices, result.sequences[:, 0], result.lengths[:, 0], strict=True)
            for index, sequence, size in written:
                outputs[index] = vocab.decode(sequence[:size])
        return counted_arithmetic(sizes, len(words), positions, steps) if count else outputs

    return decode


def counted_arithmetic(sizes, words, positions, steps):
    """What was computed: see ``arithmetic.multiply_adds``.

    Args:
        sizes: dict.
        words: int.
        positions: int. Source positions that were read, end tokens and padding included.
        steps: list of pairs. Rows of each step, and source length.

    Returns:
        dict of ``positions``, ``steps``, ``rows`` (summed over the steps), ``encoder``, ``decoder`` and
        ``multiply_adds``, their sum.
    """
    rows = sum(count for count, _ in steps)
    parts = arithmetic.multiply_adds(
        sizes,
        sources=words,
        positions=positions,
        outputs=rows,
        attended=sum(count * length for count, length in steps),
    )
    sums = {"positions": positions, "steps": len(steps), "rows": rows}
    return {**sums, **parts, "multiply_adds": sum(parts.values())}


def plain_process(folder):
    """Decode with loops, as tutorials do.

    It finds what ``beam_search`` finds. The step is compiled, and reads one hypothesis at a time.
    """
    import numpy as np

    from s2s_lesson import engine
    from s2s_lesson.pipeline import TextToText

    pipeline = TextToText.load(folder)
    model, source_vocab, target_vocab = pipeline.model, pipeline.source_vocab, pipeline.target_vocab
    step = engine.compile_function(model.step, model)
    eos_id = target_vocab.eos_id

    def search(word, beam_size):
        state = pipeline.encode({"source_ids": np.array([source_vocab.encode(list(word))], "int32")})
        beam = [([target_vocab.bos_id], 0.0, state)]
        for _ in range(MAX_LENGTH):
            grown = []
            for tokens, log_prob, state in beam:
                if tokens[-1] == eos_id:
                    grown.append((tokens, log_prob, state))
                    continue
                logits, after = step(np.array(tokens[-1:], "int32"), state)
                logits = np.asarray(logits)[0]
                highest = logits.max()
                token_log_probs = logits - highest - np.log(np.exp(logits - highest).sum())
                for token in np.argsort(-token_log_probs)[:beam_size]:
                    grown.append(([*tokens, int(token)], log_prob + token_log_probs[token], after))
            beam = sorted(grown, key=lambda hypothesis: -hypothesis[1])[:beam_size]
            if beam[0][0][-1] == eos_id:
                break
        return target_vocab.decode(beam[0][0][1:])

    def decode(words, beam_size, batch_size):
        return [search(word, beam_size) for word in words]

    return decode


def export(run, folder, words):
    """Export a run, in a process of its own.

    Args:
        run: str, its folder.
        folder: str, where to.
        words: list of str, on which the export is compared with the model.
    """
    from s2s_lesson.pipeline import TextToText

    TextToText.load(run).export(folder, sources=words)


def export_untrained(vocab_size, folder):
    """Export a model of the sizes of the preset "pronunciations", but for its target vocabulary; not trained.

    Args:
        vocab_size: int.
        folder: str, where to.
    """
    from s2s_lesson.pipeline import PRESETS, TextToText

    written = " ".join(f"token{number}" for number in range(vocab_size - 4))  # the other four are special
    pipeline = TextToText.from_pairs(
        [(string.ascii_lowercase, written)],
        source_tokens="characters",
        target_tokens="whitespace",
        **PRESETS["pronunciations"].pipeline,
    )
    pipeline.export(folder, sources=["a"])
