"""Texts that a model translates by some search, and how they are scored."""

import statistics
import time

BATCH_SIZE = 64


def translate(pipeline, sources, search, options):
    """Translate all sources.

    Args:
        pipeline: ``TextToText``.
        sources: list of str.
        search: a function of ``s2s_lesson.search``. Samples of a source depend on its number alone.
        options: dict of its options.

    Returns:
        dict of ``outputs``, for each source a list of hypotheses, tokens with blanks between them;
        ``log_probabilities`` likewise; ``cut``, likewise, whether an output was cut; and ``seconds``.
    """
    from s2s_lesson.search import sample

    vocab, longest = pipeline.target_vocab, pipeline.max_output_length
    tokens = [pipeline.source_side(source)[: pipeline.max_source_length] for source in sources]
    order = sorted(range(len(tokens)), key=lambda row: len(tokens[row]))
    outputs, log_probabilities, cut = ([None] * len(tokens) for _ in range(3))
    started = time.perf_counter()
    for start in range(0, len(order), BATCH_SIZE):
        rows = order[start : start + BATCH_SIZE]
        result = search(
            pipeline.model.step,
            pipeline.encode(pipeline.source_inputs([tokens[row] for row in rows])),
            bos_id=vocab.bos_id,
            eos_id=vocab.eos_id,
            max_output_length=longest,
            **({"seed": rows} if search is sample else {}),
            **options,
        )
        for place, row in enumerate(rows):
            lengths = [int(length) for length in result.lengths[place] if length]
            ids = [
                sequence[:length] for sequence, length in zip(result.sequences[place], lengths, strict=False)
            ]
            outputs[row] = [" ".join(vocab.decode(sequence)) for sequence in ids]
            cut[row] = [int(sequence[-1]) != vocab.eos_id for sequence in ids]
            log_probabilities[row] = result.log_probabilities[place, : len(ids)].tolist()
    seconds = time.perf_counter() - started
    return {"outputs": outputs, "log_probabilities": log_probabilities, "cut": cut, "seconds": seconds}


def score(translated, references, pipeline):
    """Score the first hypothesis of each source.

    Args:
        translated: what ``translate`` returned.
        references: for each source a list of lists of tokens.
        pipeline: ``TextToText``.

    Returns:
        dict of ``bleu`` and ``chrf`` (0 to 100, of lower-cased text) with their signatures; ``length_ratio``,
        output tokens per reference token, where a source with several references counts with their mean;
        ``cut_share``, of outputs that reached the maximum length; ``unknown_share``, of output tokens;
        ``log_probability``, nats an output; and ``seconds``.
    """
    from s2s_lesson import data
    from s2s_lesson.data.vocabulary import UNK

    outputs = [hypotheses[0].split() for hypotheses in translated["outputs"]]
    texts = [data.detokenize(output, pipeline.target_tokens) for output in outputs]
    right = [[data.detokenize(tokens, pipeline.target_tokens) for tokens in lists] for lists in references]
    bleu, bleu_signature = data.bleu(texts, right)
    chrf, chrf_signature = data.chrf(texts, right)
    written = sum(map(len, outputs))
    return {
        "bleu": bleu,
        "bleu_signature": bleu_signature,
        "chrf": chrf,
        "chrf_signature": chrf_signature,
        "length_ratio": written / sum(statistics.fmean(map(len, lists)) for lists in references),
        "cut_share": statistics.fmean(cut[0] for cut in translated["cut"]),
        "unknown_share": sum(output.count(UNK) for output in outputs) / written,
        "log_probability": statistics.fmean(values[0] for values in translated["log_probabilities"]),
        "seconds": round(translated["seconds"], 1),
    }
