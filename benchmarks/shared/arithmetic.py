"""How much a model computes, and how fast the machine multiplies: what speeds are held against.

Operations are counted in matrix products alone. What is looked up, activated, ranked or moved is left out.
"""

from benchmarks.shared import quick
from benchmarks.shared.summaries import median, ratio

PRODUCTS = 5  # how many products are timed together


def multiply_adds(sizes, *, sources, positions, outputs, attended):
    """Count the multiplications, each with an addition, of encoder and decoder.

    A dense layer makes inputs * outputs of them for each vector, an LSTM 4 * units * (inputs + units) for
    each position.

    Args:
        sizes: dict of ``embedding_dim``, ``encoder_units``, ``encoder_layers``, ``decoder_units`` and
            ``target_vocab_size``, of a model with one decoder layer and Luong's attention.
        sources: int, how many were read.
        positions: int. Source positions that were read, padding included.
        outputs: int. Output positions, or rows of all steps.
        attended: int. Source positions that these looked at, summed.

    Returns:
        dict of ``encoder`` and ``decoder``, int.
    """
    embedding, units, both = sizes["embedding_dim"], sizes["decoder_units"], 2 * sizes["encoder_units"]
    widths = [embedding] + [both] * (sizes["encoder_layers"] - 1)
    layers = sum(2 * _lstm(width, sizes["encoder_units"]) for width in widths)
    readout = (both + units) * units + units * sizes["target_vocab_size"]
    return {
        "encoder": positions * (layers + both * units)
        + sources * 2 * both * units,  # with keys, and the bridge
        "decoder": outputs * (_lstm(embedding, units) + readout) + attended * (units + both),
    }


def _lstm(width, units):
    return 4 * units * (width + units)


def gigaflops(name, operations, seconds, product_seconds):
    """Billions of operations a second, beside those of large products in the same turns.

    Args:
        name: str, what is held against the product.
        operations: int, multiplications with their additions; each counts as two.
        seconds: list of float, one a turn.
        product_seconds: list of float, likewise, of ``PRODUCTS`` products.

    Returns:
        dict of the medians ``product`` and ``name``, and of the ``share``, the median of the turns.
    """
    product = [2 * matrix() ** 3 * PRODUCTS / turn / 1e9 for turn in product_seconds]
    own = [2 * operations / turn / 1e9 for turn in seconds]
    return {"product": median(product), name: median(own), "share": ratio(own, product)}


def matrix():
    """Rows and columns of a large product."""
    return quick.size(2048, 256)


def product_process():
    """Multiply two large float32 matrices: see ``worker``."""
    import numpy as np
    from keras import ops

    from s2s_lesson import engine

    multiply = engine.compile_function(ops.matmul)
    values = ops.convert_to_tensor(np.random.default_rng(0).random((matrix(), matrix()), "float32"))

    def products(repeats):
        return [float(ops.convert_to_numpy(multiply(values, values))[0, 0]) for _ in range(repeats)]

    return products
