"""Greedy search, beam search and sampling over any step function.

``step(token_ids, state) -> (logits, state)`` is all that a search knows of a model. ``token_ids`` is an int
array (rows,), ``logits`` a float array (rows, vocab_size), and ``state`` any nested structure of arrays with
the row axis first: one row a hypothesis. NumPy functions and ONNX sessions serve as well as Keras models.

Three leaves of the state have a meaning where the state is a dict. All are optional:

- ``attention_weights``: float (rows, source_length); what the step that was just made attended to. The
  coverage penalty and ``return_attention`` need it.
- ``keys_mask``: bool (rows, source_length); True = real token. Where it is missing, every source position
  counts as real.
- ``candidate_ids``: int (rows, candidates), or one row a sentence where it is among the shared leaves; a
  shortlist. Only these ids can be written, the end token must be one of them, and probabilities are those
  among them. -1 and repeats fill shorter lists. It is read before the first step and stays the same, so
  ``step`` hands it on; logits are those of the whole vocabulary all the same.

A ``step`` that is a method of a Keras layer is compiled, once for each shape; any other function runs as it
is. ``compile_step`` changes that: see ``beam_search``.
"""

from s2s_lesson._lazy import lazy_names

__getattr__, __dir__, __all__ = lazy_names(__name__, __file__)
