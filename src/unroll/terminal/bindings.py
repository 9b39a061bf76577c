"""Every action of the playground with its key and a sentence: the footer, `?` and the palette read from here.

Keys that belong to one pane (the arrows) stand with that pane. None is eaten by tmux, screen or flow control.
"""

from __future__ import annotations

from dataclasses import replace

from textual.binding import Binding, BindingType

from unroll.terminal.splash import TABS

PANE_OF = {"State": "hidden state"}

ACTIONS: list[BindingType] = [
    Binding("question_mark,f1", "explain", "explain", tooltip="Explain what is in focus, and every key."),
    Binding("space", "train", "train", tooltip="Train, pause, go on; by hand, make one update."),
    Binding("c", "carry_on(1)", "count on", tooltip="Append the number it expects, and go on from the kept state."),
    Binding("C", "carry_on(10)", "Count on by ten", show=False, tooltip="The same ten times."),
    Binding("W", "until_wrong", "Until wrong", show=False, tooltip="Go on until it says something wrong."),
    Binding("slash", "prompt", "prompt", key_display="/", tooltip="Type a sequence."),
    Binding("escape", "back", "back", tooltip="Leave a field for the hidden state."),
    Binding("x", "cut", "cut", tooltip="Cut the loop before this step, or mend it: it forgets what went before."),
    Binding("X", "cut_all", "Cut everywhere", show=False, tooltip="Cut the loop before every step, or mend it."),
    Binding("k", "cut_cell", "Cut the cell state", show=False, tooltip="Where the loop is cut, cut an LSTM's c too."),
    Binding("z", "silence", "Silence", show=False, tooltip="Silence the chosen unit, or let it speak."),
    Binding("u", "untouch", "undo", tooltip="Take back every cut and silence."),
    Binding("v", "view(1)", "view", tooltip="The heatmap's next view: hidden state, cell state, gates, attribution."),
    Binding("V", "view(-1)", "View before", show=False, tooltip="The heatmap's view before."),
    Binding("D", "difference", "Difference", show=False, tooltip="Show the difference from before, or another run."),
    Binding("n", "advance_update", "Update", show=False, tooltip="Make one update, then pause."),
    Binding("e", "advance_epoch", "Epoch", show=False, tooltip="Train to the end of the epoch, then pause."),
    Binding("plus", "pace(1)", "Faster", show=False, key_display="+", tooltip="Train at a faster pace."),
    Binding("minus", "pace(-1)", "Slower", show=False, key_display="-", tooltip="Train at a slower pace."),
    Binding("E", "stop", "Stop at", show=False, tooltip="Stop at an epoch, or when an accuracy is reached."),
    Binding("b", "branch", "Branch", show=False, tooltip="A new run goes on from the epoch shown, by the form."),
    Binding("l", "log", "Log scale", show=False, tooltip="The loss on a log or a linear scale."),
    Binding("m", "metric", "Metric", show=False, tooltip="Draw the loss, the accuracy or the learning rate."),
    Binding("s", "save", "Save", show=False, tooltip="Save the network that is shown."),
    Binding("o", "open", "Open", show=False, tooltip="Open a saved model."),
    Binding("d", "detach", "Detach", show=False, tooltip="Leave, and let it go on; unroll attach comes back to it."),
    Binding("r", "resume", "Resume", show=False, tooltip="Bring back the runs of a sitting that was cut off."),
    Binding("i", "cost", "Cost", show=False, tooltip="What it costs: memory of both processes, bytes to this screen."),
    Binding("y", "copy_line", "Copy the moment", show=False, tooltip="Copy one line that brings this screen back."),
    Binding("T", "sampling", "Temperature", show=False, tooltip="Draw the next numbers: temperature, top-k, top-p."),
    Binding("R", "random_item", "Random item", show=False, tooltip="Type a random training sequence."),
    Binding("B", "beyond", "Beyond", show=False, tooltip="Type a sequence longer than any it was trained on."),
    *[
        Binding(str(number), f"tab('{tab}')", tab, show=False, tooltip=f"Go to the {PANE_OF.get(tab, tab.lower())}.")
        for number, tab in enumerate(TABS, 1)
    ],
    Binding("4", "tab('Runs')", "Runs", show=False, tooltip="Go to the runs."),
]


def offered(*actions: str) -> list[BindingType]:
    """Actions of the playground that a pane offers as its own: with the focus on it, they come first."""
    return [
        replace(binding, action=f"screen.{binding.action}", description=binding.description.lower(), show=True)
        for binding in ACTIONS
        if isinstance(binding, Binding) and binding.action in actions
    ]
