"""The beam trees of several beam sizes as one tree.

A hypothesis has the same log-probability whatever the beam size. So the searches of all sizes look at
parts of one tree, and a beam size only says which of its nodes were kept, and after how many steps it ended.
"""

from collections import defaultdict
from collections.abc import Callable, Sequence
from typing import Any

from s2s_lesson.data.expected import NonNegativeInt, PositiveInt, checked
from s2s_lesson.search.beam import beam_search
from s2s_lesson.search.results import BeamNode


@checked
def beam_trees(
    step: Callable,
    initial_state: Any,
    *,
    bos_id: NonNegativeInt,
    eos_id: NonNegativeInt,
    pad_id: NonNegativeInt | None = None,
    max_output_length: PositiveInt,
    beam_sizes: Sequence[PositiveInt] = range(1, 11),
    compile_step: bool | None = None,
) -> list[dict[str, Any]]:
    """Search with each beam size, without penalties, and gather all candidates in one tree a sentence.

    The candidates that a search with beam size b looked at can be read back, as ``tree_nodes`` does: in the
    first step the first b nodes without a parent, in each further step the first b children of each node that
    the search kept in the step before, end tokens apart.

    Args:
        step, initial_state, bos_id, eos_id, pad_id, max_output_length, compile_step: as in ``beam_search``.
        beam_sizes: int, one or more.

    Returns:
        list of dict, one for each sentence, of plain numbers and lists, ready for JSON. ``eos_id`` is an int.
        Lists have one entry for each node: ``parents``, int, the number of its parent, which is smaller than
        its own, or -1 for a first token; ``token_ids``, int; ``log_probabilities``, float, in nats, summed
        from the first token to this one and rounded to three decimals. Children of one parent stand in the
        order of their probability. ``beams`` is a dict from a beam size, as text, to a dict of ``steps``,
        int, how many the search made, and ``kept``, list of int, the numbers of the nodes that it kept.

    Raises:
        ValueError: no beam size, or as ``beam_search``.
    """
    sizes = sorted(set(beam_sizes), reverse=True)
    if not sizes:
        raise ValueError("Expected at least one beam size; received none. Pass, for example, range(1, 11).")
    ends: dict[str, Any] = {"bos_id": bos_id, "eos_id": eos_id, "pad_id": pad_id}
    ends["max_output_length"] = max_output_length
    searches = {
        size: beam_search(
            step, initial_state, beam_size=size, return_tree=True, compile_step=compile_step, **ends
        )
        for size in sizes  # the widest first: it lists the most children of a node
    }
    sentences = len(searches[sizes[0]].sequences)
    return [
        _as_one(
            {size: result.tree.nodes(sentence) for size, result in searches.items() if result.tree}, eos_id
        )
        for sentence in range(sentences)
    ]


def _as_one(trees, eos_id):
    """Gather the nodes of several trees, from the widest beam to the narrowest: dict, see ``beam_trees``."""
    number_of = {}  # output so far -> number of its node
    parents, token_ids, log_probabilities, beams = [], [], [], {}
    for size, nodes in trees.items():
        outputs = []
        for node in nodes:
            before = () if node.parent is None else outputs[node.parent]
            outputs.append((*before, node.token))
            if outputs[-1] not in number_of:
                number_of[outputs[-1]] = len(parents)
                parents.append(number_of.get(before, -1))
                token_ids.append(node.token)
                log_probabilities.append(round(node.log_probability, 3))
        kept = sorted(number_of[output] for output, node in zip(outputs, nodes, strict=True) if node.kept)
        beams[str(size)] = {"steps": 1 + max(node.time for node in nodes), "kept": kept}
    return {
        "eos_id": eos_id,
        "parents": parents,
        "token_ids": token_ids,
        "log_probabilities": log_probabilities,
        "beams": beams,
    }


@checked
def tree_nodes(tree: dict[str, Any], beam_size: PositiveInt) -> list[BeamNode]:
    """Read back the candidates that a search with one beam size looked at.

    Args:
        tree: dict, one of those that ``beam_trees`` returns.
        beam_size: int, one of those that it was called with.

    Returns:
        list of ``BeamNode``, step by step, as ``BeamTree.nodes`` lists them but for the order within a step
        and for the log-probabilities, which are rounded.

    Raises:
        ValueError: the tree lacks this beam size.
    """
    if str(beam_size) not in tree["beams"]:
        sizes = ", ".join(sorted(tree["beams"], key=int))
        raise ValueError(f"Expected a beam size among {sizes}; received {beam_size}. Choose one of these.")
    beam, kept = tree["beams"][str(beam_size)], set(tree["beams"][str(beam_size)]["kept"])
    children = defaultdict(list)
    for number, parent in enumerate(tree["parents"]):
        children[parent].append(number)

    nodes: list[BeamNode] = []
    place_of: dict[int, int | None] = {-1: None}
    open_parents = [-1]
    for time in range(beam["steps"]):
        candidates = [number for parent in open_parents for number in children[parent][:beam_size]]
        for number in candidates:
            parent, token = tree["parents"][number], tree["token_ids"][number]
            log_probability = tree["log_probabilities"][number]
            before = 0.0 if parent == -1 else tree["log_probabilities"][parent]
            place_of[number] = len(nodes)
            node = BeamNode(
                time,
                place_of[parent],
                token,
                token_log_probability=log_probability - before,
                log_probability=log_probability,
                score=log_probability,
                kept=number in kept,
                ended=token == tree["eos_id"],
            )
            nodes.append(node)
        open_parents = [number for number in candidates if number in kept]
        open_parents = [number for number in open_parents if tree["token_ids"][number] != tree["eos_id"]]
    return nodes
