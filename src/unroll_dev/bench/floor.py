"""The floor: an Elman network trained in plain NumPy, forward, backward and Adam by hand, and nothing else.

The equations are those of `network/bptt.py` and `network/adam.py`.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from unroll.recipe import Recipe, plan
from unroll.tasks import parts

Array = NDArray[np.float32]
Integers = NDArray[np.int64]


class Floor:
    """Weights in one flat buffer, `w_ih` lying column by column, and their gradients in another."""

    def __init__(self, vocab_size: int, hidden_size: int, draw: np.random.Generator) -> None:
        V, D = vocab_size, hidden_size
        self.shapes = ((V, D), (D, D), (D,), (V, D), (V,))
        total = sum(int(np.prod(shape)) for shape in self.shapes)
        self.flat = draw.uniform(-(D**-0.5), D**-0.5, total).astype(np.float32)
        self.gradient, self.m, self.v = (np.zeros_like(self.flat) for _ in range(3))
        self.w_ih, self.w_hh, self.b_h, self.w, self.b = self._parts(self.flat)
        self.dw_ih, self.dw_hh, self.db_h, self.dw, self.db = self._parts(self.gradient)
        self.steps = 0

    def _parts(self, flat: Array) -> list[Array]:
        ends = np.cumsum([int(np.prod(shape)) for shape in self.shapes])[:-1]
        return [part.reshape(shape) for part, shape in zip(np.split(flat, ends), self.shapes, strict=True)]

    def backpropagate(self, x: Integers, y: Integers) -> float:
        """The mean loss of a batch `(L, B)`; its gradient is left in `gradient`."""
        L, B = x.shape
        h = np.zeros((L + 1, B, len(self.b_h)), np.float32)
        p = self.w_ih[x] + self.b_h
        for t in range(L):
            np.tanh(p[t] + h[t] @ self.w_hh.T, out=h[t + 1])
        h_ND, at = h[1:].reshape(L * B, -1), (np.arange(L * B), y.ravel())
        logits = h_ND @ self.w.T + self.b
        logits -= logits.max(-1, keepdims=True)
        right = logits[at]
        e = np.exp(logits, out=logits)
        total = e.sum(-1, keepdims=True)
        loss = float((np.log(total[:, 0]) - right).mean())
        e /= total
        e[at] -= 1
        e *= np.float32(1 / (L * B))
        self._backward(x, h, e)
        return loss

    def _backward(self, x: Integers, h: Array, dl_NV: Array) -> None:
        L, B = x.shape
        np.matmul(dl_NV.T, h[1:].reshape(L * B, -1), out=self.dw)
        dl_NV.sum(0, out=self.db)
        dh = (dl_NV @ self.w).reshape(L, B, -1)
        dp = 1 - h[1:] ** 2
        for t in range(L - 1, -1, -1):
            dp[t] *= dh[t]
            if t:
                dh[t - 1] += dp[t] @ self.w_hh
        dp_ND = dp.reshape(L * B, -1)
        np.matmul(dp_ND.T, h[:-1].reshape(L * B, -1), out=self.dw_hh)
        dp_ND.sum(0, out=self.db_h)
        self.dw_ih[:] = 0
        np.add.at(self.dw_ih, x.ravel(), dp_ND)

    def step(self, learning_rate: float) -> None:
        """One step of Adam."""
        self.steps += 1
        self.m += np.float32(0.1) * (self.gradient - self.m)
        self.v += np.float32(0.001) * (self.gradient * self.gradient - self.v)
        root = np.sqrt(self.v) * np.float32((1 - 0.999**self.steps) ** -0.5) + np.float32(1e-8)
        self.flat -= np.float32(learning_rate / (1 - 0.9**self.steps)) * self.m / root


def floor(recipe: Recipe) -> Iterator[float]:
    """Train the recipe; yields every update's loss."""
    draw = np.random.default_rng(recipe.train.seed)
    network = Floor(recipe.task.vocab_size, recipe.model.hidden_size, draw)
    every = parts(recipe.task).train
    x, y = (np.array([list(getattr(item, part)) for item in every]).T.copy() for part in ("inputs", "targets"))
    size = plan(recipe, len(every)).batch_size
    for epoch in range(recipe.train.epochs):
        mixed = draw.permutation(len(every))
        for start in range(0, len(every) - size + 1, size):
            columns = mixed[start : start + size]
            loss = network.backpropagate(x[:, columns], y[:, columns])
            network.step(recipe.train.rate(epoch))
            yield loss
