"""The model of the preset "pronunciations" in plain PyTorch, and its training, on this package's batches.

It runs in a process of its own, with the Python of JoeyNMT's environment.
"""

import numpy as np
import torch
from torch import nn
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

from benchmarks.peers import joeynmt

PAD, BEGIN = 0, 2


class Bidirectional(nn.Module):
    """An LSTM that reads in both directions, in one of two ways of leaving padding out.

    "packed" is what PyTorch's documentation suggests. "reversed" lets two LSTMs read unpacked sequences, the
    second one each sequence from its last token to its first, so that padding comes last in both.
    """

    def __init__(self, inputs, units, way):
        super().__init__()
        self.way = way
        if way == "packed":
            self.both = nn.LSTM(inputs, units, batch_first=True, bidirectional=True)
        else:
            self.forwards = nn.LSTM(inputs, units, batch_first=True)
            self.backwards = nn.LSTM(inputs, units, batch_first=True)

    def forward(self, inputs, lengths):
        """(batch, length, inputs) -> outputs (batch, length, 2 * units), both states (batch, 2 * units)."""
        if self.way == "packed":
            packed = pack_padded_sequence(inputs, lengths, batch_first=True, enforce_sorted=False)
            outputs, states = self.both(packed)
            outputs, _ = pad_packed_sequence(outputs, batch_first=True, total_length=inputs.shape[1])
            return outputs, [state.transpose(0, 1).flatten(1) for state in states]
        places = torch.arange(inputs.shape[1])[None]
        order = torch.where(places < lengths[:, None], lengths[:, None] - 1 - places, places)
        forwards, _ = self.forwards(inputs)
        backwards, _ = self.backwards(_rows_in_order(inputs, order))
        last = torch.arange(len(inputs)), lengths - 1
        hidden = torch.cat([forwards[last], backwards[last]], 1)
        outputs = torch.cat([forwards, _rows_in_order(backwards, order)], 2)
        return outputs, [hidden, hidden]  # nn.LSTM tells no cell state but the last: it is left out


def _rows_in_order(values, order):
    return torch.gather(values, 1, order[:, :, None].expand(-1, -1, values.shape[2]))


class Model(nn.Module):
    """The model of the preset "pronunciations" in plain PyTorch."""

    def __init__(self, source_vocab_size, target_vocab_size, way):
        super().__init__()
        width, units = joeynmt.SIZES["embedding_dim"], joeynmt.SIZES["units"]
        self.source_embedding = nn.Embedding(source_vocab_size, width)
        self.target_embedding = nn.Embedding(target_vocab_size, width)
        self.encoder = nn.ModuleList([Bidirectional(size, units, way) for size in (width, 2 * units)])
        self.bridge = nn.ModuleList([nn.Linear(2 * units, units) for _ in range(2)])
        self.decoder = nn.LSTM(width, units, batch_first=True)
        self.keys = nn.Linear(2 * units, units, bias=False)
        self.attended = nn.Linear(3 * units, units)
        self.output = nn.Linear(units, target_vocab_size)
        self.dropout = nn.Dropout(joeynmt.SIZES["dropout"])

    def forward(self, source_ids, decoder_inputs):
        """Ids (batch, source_length) and (batch, target_length) -> logits (batch, target_length, vocab)."""
        mask = source_ids != PAD
        lengths = mask.sum(1)
        outputs = self.source_embedding(source_ids)
        for layer in self.encoder:
            outputs, states = layer(self.dropout(outputs), lengths)
        values = outputs * mask[:, :, None]
        states = [torch.tanh(layer(state))[None] for layer, state in zip(self.bridge, states, strict=True)]
        query, _ = self.decoder(self.dropout(self.target_embedding(decoder_inputs)), tuple(states))
        scores = query @ self.keys(values).transpose(1, 2)
        weights = torch.softmax(scores.masked_fill(~mask[:, None], float("-inf")), -1)
        attended = torch.tanh(self.attended(torch.cat([weights @ values, query], -1)))
        return self.output(self.dropout(attended))


def trainer(threads, way, path):
    """Train the model: see ``worker``.

    Args:
        threads: int.
        way: as in ``Bidirectional``.
        path: str, of the file that holds the batches.
    """
    torch.set_num_threads(threads)
    torch.manual_seed(0)
    with np.load(path) as saved:
        count, sizes = (len(saved.files) - 1) // 2, saved["sizes"].tolist()
        pairs = [
            [torch.from_numpy(saved[f"{side}_{index}"]).long() for side in ("source", "target")]
            for index in range(count)
        ]
    model = Model(*sizes, way)
    optimizer = torch.optim.Adam(model.parameters(), joeynmt.TRAINING["learning_rate"])

    def step(batch):
        source_ids, targets = batch
        decoder_inputs = torch.cat([torch.full_like(targets[:, :1], BEGIN), targets[:, :-1]], 1)
        logits = model(source_ids, decoder_inputs)
        loss = nn.functional.cross_entropy(logits.flatten(0, 1), targets.flatten(), ignore_index=PAD)
        optimizer.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        loss.item()
        return (targets != PAD).sum()

    return joeynmt.trained_in_turns(lambda: iter(pairs), step, list, model)
