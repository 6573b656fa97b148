"""Replies of chatbots: how much they differ from each other, and how near they are to what was said."""

from collections import Counter


def figures(texts, pairs):
    """Score replies against what was said, in lower case: dict of figures."""
    from s2s_lesson import data

    texts, said = [text.lower() for text in texts], [[target.lower()] for _, target in pairs]
    tokens = [data.tokenize(text, "casual") for text in texts]
    bleu, bleu_signature = data.bleu(texts, said)
    chrf, chrf_signature = data.chrf(texts, said)
    return {
        "bleu": bleu,
        "bleu_signature": bleu_signature,
        "chrf": chrf,
        "chrf_signature": chrf_signature,
        "distinct_1": data.distinct_n(tokens, 1),
        "distinct_2": data.distinct_n(tokens, 2),
        "unique": data.unique_share(texts),
        "ten_commonest": data.commonest_share(texts, 10),
        "tokens": data.mean_length(tokens),
        "commonest": Counter(texts).most_common(1)[0],
    }


def retrieved(pairs, sources):
    """Answer each source with the reply to the most similar one: cosine of TF-IDF vectors, of tokens."""
    import numpy as np
    from scipy.sparse import csr_array

    from s2s_lesson.data import tokenize

    known = [tokenize(source.lower(), "casual") for source, _ in pairs]
    asked = [tokenize(source.lower(), "casual") for source in sources]
    columns = {
        token: column for column, token in enumerate(sorted({token for line in known for token in line}))
    }
    seen = Counter(token for line in known for token in set(line))
    weight = {token: np.log(len(known) / count) for token, count in seen.items()}

    def vectors(lines):
        rows, places, values = [], [], []
        for row, line in enumerate(lines):
            counts = Counter(token for token in line if token in columns)
            weighted = {columns[token]: count * weight[token] for token, count in counts.items()}
            norm = np.sqrt(sum(value**2 for value in weighted.values())) or 1.0
            rows += [row] * len(weighted)
            places += weighted
            values += [value / norm for value in weighted.values()]
        return csr_array((values, (rows, places)), shape=(len(lines), len(columns)))

    similar = vectors(asked) @ vectors(known).T
    nearest = [int(similar[[row]].toarray().argmax()) for row in range(len(asked))]
    return [pairs[row][1] for row in nearest]
