"""Every action of the playground with its key and a sentence: the footer, `?` and the palette read from here.

Keys of one pane (the arrows) are with that pane. No key is one that tmux, screen or flow control intercepts.
"""

from __future__ import annotations

from dataclasses import replace

from textual.binding import Binding, BindingType

from unroll.terminal.splash import TABS

PANE_OF = {"State": "hidden state"}

ACTIONS: list[BindingType] = [
    Binding("question_mark,f1", "explain", "explain", tooltip="Explain the focused pane or field, and list every key."),
    Binding("space", "train", "train", tooltip="Start or pause training."),
    Binding("c", "carry_on(1)", "count on", tooltip="Append the predicted number."),
    Binding("C", "carry_on(10)", "Count on by ten", show=False, tooltip="Append the next ten numbers."),
    Binding("W", "until_wrong", "Until wrong", show=False, tooltip="Append numbers until one is wrong."),
    Binding("slash", "prompt", "prompt", key_display="/", tooltip="Type a sequence."),
    Binding("escape", "back", "back", tooltip="Leave the field and go to the hidden state."),
    Binding("x", "cut", "erase", tooltip="Erase the memory before this step; press again to restore it."),
    Binding("X", "cut_all", "Erase everywhere", show=False, tooltip="Erase the memory at every step, or restore it."),
    Binding("k", "cut_cell", "Erase the cell state", show=False, tooltip="Erase the LSTM's cell state as well."),
    Binding("z", "silence", "Switch off", show=False, tooltip="Switch the selected unit off or on."),
    Binding("u", "untouch", "undo", tooltip="Undo everything done to the memory and the units."),
    Binding("v", "view(1)", "view", tooltip="The heatmap's next view: hidden state, cell state, gates, attribution."),
    Binding("V", "view(-1)", "Previous view", show=False, tooltip="The heatmap's previous view."),
    Binding(
        "D", "difference", "Difference", show=False, tooltip="Show the difference from before, or from the marked run."
    ),
    Binding("n", "advance_update", "Update", show=False, tooltip="Make one update, then pause."),
    Binding("e", "advance_epoch", "Epoch", show=False, tooltip="Train to the end of the epoch, then pause."),
    Binding("plus", "pace(1)", "Faster", show=False, key_display="+", tooltip="Train at a faster pace."),
    Binding("minus", "pace(-1)", "Slower", show=False, key_display="-", tooltip="Train at a slower pace."),
    Binding("E", "stop", "Stop at", show=False, tooltip="Stop at an epoch, or when an accuracy is reached."),
    Binding("b", "branch", "Branch", show=False, tooltip="Start a new run from this epoch with the recipe's settings."),
    Binding("l", "log", "Log scale", show=False, tooltip="Switch the loss between a log and a linear scale."),
    Binding("m", "metric", "Metric", show=False, tooltip="Show the loss, the accuracy or the learning rate."),
    Binding("s", "save", "Save", show=False, tooltip="Save the network shown."),
    Binding("o", "open", "Open", show=False, tooltip="Open a saved model."),
    Binding("d", "detach", "Detach", show=False, tooltip="Quit and keep training; unroll attach returns to it."),
    Binding("r", "resume", "Restore", show=False, tooltip="Restore the unsaved runs of an earlier session."),
    Binding(
        "i", "cost", "Cost", show=False, tooltip="Show the memory of both processes and the bytes sent to this screen."
    ),
    Binding(
        "y",
        "copy_line",
        "Copy a permalink",
        show=False,
        tooltip="Copy one line that restores run, sequence, step and interventions.",
    ),
    Binding("T", "sampling", "Sampling", show=False, tooltip="Sample the next numbers: temperature, top-k, top-p."),
    Binding("R", "random_item", "Random item", show=False, tooltip="Type a random training sequence."),
    Binding("B", "beyond", "Beyond", show=False, tooltip="Type a sequence longer than in training."),
    *[
        Binding(str(number), f"tab('{tab}')", tab, show=False, tooltip=f"Go to the {PANE_OF.get(tab, tab.lower())}.")
        for number, tab in enumerate(TABS, 1)
    ],
    Binding("4", "tab('Runs')", "Runs", show=False, tooltip="Go to the runs."),
]


def offered(*actions: str) -> list[BindingType]:
    """Actions of the playground that a pane lists among its own keys: while it has the focus, they come first."""
    return [
        replace(binding, action=f"screen.{binding.action}", description=binding.description.lower(), show=True)
        for binding in ACTIONS
        if isinstance(binding, Binding) and binding.action in actions
    ]
