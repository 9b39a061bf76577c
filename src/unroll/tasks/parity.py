"""Parity: whether there were an odd number of ones so far. The smallest task that no sum of its inputs solves."""

from __future__ import annotations

from unroll.tasks.modular import Modular


class Parity(Modular):
    """The sum of bits, modulo 2."""

    name = "parity"
    asks = "Say 1 if there were an odd number of ones so far, else 0."
    teaches = (
        "Asked at every step it is learned; asked at the last step only (asked last), hardly ever: "
        "where the targets stand decides."
    )
    published = (
        "Grazzi 2024: a linear rnn with eigenvalues from 0 to 1 does not learn it, from -1 to 1 it does; "
        "Delétang 2023: rnn and lstm 100 %"
    )
    symbols = ("0", "1")
    fields = ("length", "sequences", "held_out", "asked")
    start = {
        "vocab_size": 2, "length": 16, "sequences": 640, "held_out": 0.2, "cell": "gru", "hidden_size": 16,
        "batch_size": 64, "epochs": 75, "learning_rate": 0.02,
    }  # fmt: skip
    purpose = "Says whether there were an odd number of ones, at every step."
