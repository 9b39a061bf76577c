"""Two other ways to train a recipe, to be timed against ours: the blog's, and `torch.nn` with our optimizer.

Both train on whole batches of shuffled sequences, follow the mean cross-entropy by autograd with Adam under the falling
learning rate, and read the loss after every update.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy, one_hot
from torch.utils.data import DataLoader, Dataset

from unroll.network.adam import Adam
from unroll.network.sequences import sequences
from unroll.network.training import order
from unroll.recipe import Recipe, plan
from unroll.tasks import parts


class BlogRNN(nn.Module):
    """The cell, the loop and the head of *Learning how to count*."""

    def __init__(self, vocab_size: int, hidden_size: int) -> None:
        super().__init__()
        self.w_ih = nn.Parameter(torch.randn(hidden_size, vocab_size))
        self.b_ih = nn.Parameter(torch.randn(hidden_size))
        self.w_hh = nn.Parameter(torch.randn(hidden_size, hidden_size))
        self.b_hh = nn.Parameter(torch.randn(hidden_size))
        self.head = nn.Linear(hidden_size, vocab_size)

    def forward(self, x: Tensor) -> Tensor:
        h = torch.zeros(self.b_hh.shape[0])
        out = []
        for x_t in x:
            h = torch.tanh(x_t @ self.w_ih.t() + self.b_ih + h @ self.w_hh.t() + self.b_hh)
            out.append(h)
        return self.head(torch.stack(out))  # type: ignore[no-any-return]


class BlogData(Dataset[tuple[Tensor, Tensor]]):
    """A sequence is encoded one-hot whenever it is asked for."""

    def __init__(self, recipe: Recipe) -> None:
        self.vocab_size, self.length = recipe.task.vocab_size, recipe.task.length

    def __len__(self) -> int:
        return self.vocab_size - self.length

    def __getitem__(self, index: int) -> tuple[Tensor, Tensor]:
        x = torch.arange(index, index + self.length)
        return one_hot(x, self.vocab_size).to(torch.float32), x + 1


def batch_second(pairs: list[tuple[Tensor, Tensor]]) -> tuple[Tensor, Tensor]:
    """Sequences as a batch, one-hot `(L, B, V)` and targets `(L, B)`."""
    xs, ys = zip(*pairs, strict=True)
    return torch.stack(xs, 1), torch.stack(ys, 1)


def blog(recipe: Recipe) -> Iterator[float]:
    """The loop of *Learning how to count*: a Dataset, a DataLoader, autograd, `torch.optim.Adam`, `LambdaLR`."""
    model, data = BlogRNN(recipe.task.vocab_size, recipe.model.hidden_size), BlogData(recipe)
    epochs = recipe.train.epochs
    loader = DataLoader(data, len(data) // 2, shuffle=True, collate_fn=batch_second, drop_last=True)
    optimizer = torch.optim.Adam(model.parameters(), lr=recipe.train.learning_rate)
    schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda epoch: (epochs - epoch) / epochs)
    for _ in range(epochs):
        for x, y in loader:
            loss = cross_entropy(model(x).flatten(0, 1), y.flatten())
            optimizer.zero_grad()
            loss.backward()  # type: ignore[no-untyped-call]
            optimizer.step()
            yield loss.item()
        schedule.step()


class TorchNetwork(nn.Module):
    """`torch.nn.RNN`, `LSTM` or `GRU` and a linear head."""

    def __init__(self, recipe: Recipe) -> None:
        super().__init__()
        kinds: dict[str, Callable[[int, int], Any]] = {"rnn": nn.RNN, "lstm": nn.LSTM, "gru": nn.GRU}
        self.rnn = kinds[recipe.model.cell](recipe.task.vocab_size, recipe.model.hidden_size)
        self.head = nn.Linear(recipe.model.hidden_size, recipe.task.vocab_size)

    def forward(self, x: Tensor) -> Tensor:
        return self.head(self.rnn(x)[0])  # type: ignore[no-any-return]


def torch_nn(recipe: Recipe) -> Iterator[float]:
    """`torch.nn` and autograd with our optimizer and our batches; the one-hot inputs are made once, beforehand."""
    model, data = TorchNetwork(recipe), sequences(parts(recipe.task).train)
    x_LNV, adam = one_hot(data.x, recipe.task.vocab_size).float(), Adam(model)
    for epoch, columns in batches(recipe, data.total):
        loss = cross_entropy(model(x_LNV[:, columns]).flatten(0, 1), data.y[:, columns].flatten())
        adam.gradient.zero_()
        loss.backward()  # type: ignore[no-untyped-call]
        adam.step(recipe.train.rate(epoch))
        yield loss.item()


def batches(recipe: Recipe, total: int) -> Iterator[tuple[int, Tensor]]:
    """The epoch and the columns of every batch of a training."""
    size = plan(recipe, total).batch_size
    for epoch in range(recipe.train.epochs):
        for columns in torch.split(order(recipe.train.seed, epoch, total), size):
            if len(columns) == size:
                yield epoch, columns
