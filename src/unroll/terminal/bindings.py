"""Every action of the playground with its key and a sentence: the footer, `?` and the palette read from here.

Keys of one pane (the arrows) are with that pane. No key is one that tmux, screen or flow control intercepts.
"""

from dataclasses import replace

from textual.binding import Binding, BindingType


def _more(key: str, action: str, word: str, sentence: str, shown: str | None = None) -> Binding:
    """A key that the footer has no room for; `shown` is its name where Textual's is another."""
    return Binding(key, action, word, show=False, key_display=shown, tooltip=sentence)


ACTIONS: list[BindingType] = [
    Binding("question_mark,f1", "explain", "explain", tooltip="Explain the focused pane or field, and list the keys."),
    Binding("space", "train", "train", tooltip="Start or pause training."),
    Binding("c", "carry_on(1)", "append", tooltip="Append the number that the network says comes next."),
    _more("C", "carry_on(10)", "Append ten", "Append the next ten numbers, each said by the network."),
    _more("W", "carry_on(0)", "Append until wrong", "Append numbers until one is wrong, or none can be."),
    Binding("slash", "prompt", "prompt", key_display="/", tooltip="Type a sequence."),
    Binding("escape", "back", "back", tooltip="Leave the field and go to the hidden state."),
    Binding("x", "intervene('cut')", "erase", tooltip="Erase the memory before this step; press again to restore it."),
    _more("X", "intervene('cut all')", "Erase everywhere", "Erase the memory at every step, or restore it."),
    _more("k", "cut_cell", "Erase the cell state", "Erase an LSTM's cell state with the hidden state, or keep it."),
    _more("z", "intervene('silence')", "Switch off", "Switch the selected unit off or on."),
    Binding("u", "intervene('nothing')", "reset", tooltip="Restore the memory and every unit."),
    Binding("v", "view(1)", "view", tooltip="The heatmap's next view: hidden state, cell state, gates, attribution."),
    _more("V", "view(-1)", "Previous view", "The heatmap's previous view."),
    _more(
        "D",
        "difference",
        "Difference",
        "Show how values have changed: by what you did, or from the marked run.",
    ),
    _more("n", "advance('update')", "Update", "Make one update, then pause."),
    _more("e", "advance('epoch')", "Epoch", "Train to the end of the epoch, then pause."),
    _more("plus", "pace(1)", "Faster", "Train at a faster pace.", "+"),
    _more("minus", "pace(-1)", "Slower", "Train at a slower pace.", "-"),
    _more("E", "ask('stop')", "Stop at", "Stop at an epoch, or when an accuracy is reached."),
    _more("b", "branch", "Branch", "Train on from this epoch in a new run, by the form's learning_rate, epochs, seed."),
    _more("l", "log", "Log scale", "Switch the loss between a log and a linear scale."),
    _more("m", "metric", "Metric", "Show the loss, the accuracy or the learning rate."),
    _more("s", "ask('save')", "Save", "Save the network shown."),
    _more("o", "ask('open')", "Open", "Open a saved model."),
    _more("d", "app.detach", "Detach", "Quit and keep training; unroll attach returns to it."),
    _more("r", "resume", "Restore", "Restore the unsaved runs of an earlier session."),
    _more("i", "ask('cost')", "Cost", "Show the memory of both processes and the bytes sent to this screen."),
    _more("y", "copy_line", "Copy a permalink", "Copy one line that restores run, sequence, step and interventions."),
    _more("T", "ask('sampling')", "Sampling", "Sample the next numbers: temperature, top-k, top-p."),
    _more("R", "type_random(False)", "Training sequence", "Type one of the training sequences."),
    _more("B", "type_random(True)", "Longer sequence", "Type a sequence longer than in training."),
    _more("f", "maximise", "Maximise", "Let the focused pane fill the screen; press again to take it back."),
    _more("1", "tab('State')", "State", "Go to the hidden state."),
    _more("2", "tab('Loss')", "Loss", "Go to the loss."),
    _more("3", "tab('Lens')", "Lens", "Go to the lens."),
    _more("4", "tab('Recipe')", "Recipe", "Go to the recipe."),
    _more("5", "tab('Runs')", "Runs", "Go to the runs."),
    _more("6", "tab('Next')", "Next number", "Go to the next number."),
]


def offered(*actions: str) -> list[BindingType]:
    """Actions of the playground that a pane lists among its own keys: while it has the focus, they come first."""
    return [
        replace(binding, action=f"screen.{binding.action}", description=binding.description.lower(), show=True)
        for binding in ACTIONS
        if isinstance(binding, Binding) and binding.action in actions
    ]
