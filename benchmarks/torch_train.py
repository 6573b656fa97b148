"""What train.py measures itself against, run with the Python of JoeyNMT's environment.

    python torch_train.py joeynmt | pytorch-packed | pytorch-reversed

Each answers requests, as ``joey.answer`` describes: to train for some steps, or to decode. JoeyNMT trains
with its own ``TrainManager``, on its own batches. The plain PyTorch model reads the batches of this package.
"""

import argparse
import time

import joey
import numpy as np
import torch
from torch import nn
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

BATCHES = joey.RUNS / "train" / "batches.npz"
PAD, BEGIN = 0, 2


def joeynmt_process(threads, training, folder):
    """Train JoeyNMT's model with its own trainer: a function for ``joey.answer``.

    Args:
        threads: int.
        training: dict, in place of entries of ``joey.TRAINING``.
        folder: Path, for what the trainer writes.
    """
    from joeynmt.config import parse_global_args, set_validation_args
    from joeynmt.prediction import predict, prepare
    from joeynmt.training import TrainManager

    torch.set_num_threads(threads)
    joey.TRAINING.update(training)
    folder.mkdir(parents=True, exist_ok=True)
    options = parse_global_args({**joey.config(), "model_dir": str(folder)}, mode="train")
    model, train_data, dev_data, _ = prepare(options, rank=0, mode="train")
    testing = set_validation_args(options.test)  # greedy
    trainer = TrainManager(
        rank=0,
        model=model,
        model_dir=options.model_dir,
        device=options.device,
        n_gpu=0,
        num_workers=0,
        autocast=options.autocast,
        seed=options.seed,
        train_args=options.train,
        dev_args=testing,
    )

    def batches():
        """The batches of all epochs, with what its trainer does when an epoch begins."""
        loader = train_data.make_iter(
            batch_size=options.train.batch_size,
            batch_type=options.train.batch_type,
            seed=options.seed,
            shuffle=options.train.shuffle,
            num_workers=0,
            device=options.device,
            eos_index=model.eos_index,
            pad_index=model.pad_index,
        )
        for epoch in range(1, options.train.epochs + 1):
            trainer.scheduler.step(epoch=epoch)
            train_data.seed = options.seed + epoch
            loader.batch_sampler.set_seed(options.seed + epoch)
            model.zero_grad()
            yield from loader

    def step(batch):
        """What its trainer does for a batch, apart from the log."""
        trainer._train_step(batch)
        trainer.clip_grad_fun(parameters=model.parameters())
        trainer.optimizer.step()
        model.zero_grad()
        return batch.ntokens

    def decode():
        texts = predict(
            model=model,
            data=dev_data,
            device=options.device,
            n_gpu=0,
            normalization="none",
            args=testing._replace(batch_size=128),
            autocast=options.autocast,
        )[2]
        return [text.split() for text in texts]

    return trained_in_turns(batches, step, decode, model)


def trained_in_turns(batches, step, decode, model):
    """Make a function for ``joey.answer`` that trains, decodes or tells the size of the model.

    Args:
        batches: function without arguments that returns an iterator.
        step: function of a batch that trains and returns its number of real target tokens.
        decode: function without arguments that returns what the model writes for the dev split.
        model: ``torch.nn.Module``.
    """
    going_on = batches()

    def work(steps=0, again=False, decodes=False, parameters=False):
        """Train for some steps, from the first batch ``again`` or where the last call stopped."""
        if parameters:
            return sum(parameter.numel() for parameter in model.parameters())
        if decodes:
            return decode()
        source = batches() if again else going_on
        started, tokens, done = time.process_time(), 0, 0
        for batch in source:
            tokens, done = tokens + int(step(batch)), done + 1
            if done == steps:
                break
        return {"steps": done, "tokens": tokens, "processor_seconds": time.process_time() - started}

    return work


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
        width, units = joey.SIZES["embedding_dim"], joey.SIZES["units"]
        self.source_embedding = nn.Embedding(source_vocab_size, width)
        self.target_embedding = nn.Embedding(target_vocab_size, width)
        self.encoder = nn.ModuleList([Bidirectional(size, units, way) for size in (width, 2 * units)])
        self.bridge = nn.ModuleList([nn.Linear(2 * units, units) for _ in range(2)])
        self.decoder = nn.LSTM(width, units, batch_first=True)
        self.keys = nn.Linear(2 * units, units, bias=False)
        self.attended = nn.Linear(3 * units, units)
        self.output = nn.Linear(units, target_vocab_size)
        self.dropout = nn.Dropout(joey.SIZES["dropout"])

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


def pytorch_process(threads, way):
    """Train the plain model: a function for ``joey.answer``.

    Args:
        threads: int.
        way: as in ``Bidirectional``.
    """
    torch.set_num_threads(threads)
    torch.manual_seed(0)
    with np.load(BATCHES) as saved:
        count, sizes = (len(saved.files) - 1) // 2, saved["sizes"].tolist()
        pairs = [
            [torch.from_numpy(saved[f"{side}_{index}"]).long() for side in ("source", "target")]
            for index in range(count)
        ]
    model = Model(*sizes, way)
    optimizer = torch.optim.Adam(model.parameters(), joey.TRAINING["learning_rate"])

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

    return trained_in_turns(lambda: iter(pairs), step, list, model)


def main():
    """Answer requests."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("name", choices=["joeynmt", "pytorch-packed", "pytorch-reversed"])
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--epochs", type=int, default=joey.TRAINING["epochs"], help="of JoeyNMT")
    parser.add_argument("--decay", type=float, default=joey.TRAINING["decay"], help="of JoeyNMT")
    options = parser.parse_args()
    if options.name == "joeynmt":
        training = {"epochs": options.epochs, "decay": options.decay}
        folder = joey.RUNS / "train" / f"joeynmt-{options.epochs}-{options.threads}"
        joey.answer(joeynmt_process(options.threads, training, folder))
    else:
        joey.answer(pytorch_process(options.threads, options.name.removeprefix("pytorch-")))


if __name__ == "__main__":
    main()
