"""Every action of the playground with its key and a sentence: the footer, `?` and the palette read from here.

Keys of one pane (the arrows) are with that pane. No key is one that tmux, screen or flow control intercepts, and none
has two meanings.
"""

from dataclasses import replace

from textual.binding import Binding, BindingType

ARROWS = {"left": "←", "right": "→", "up": "↑", "down": "↓"}


def group(name: str, *bindings: Binding) -> list[BindingType]:
    """Keys that `?` lists under one word."""
    return [replace(binding, group=Binding.Group(name)) for binding in bindings]


def _more(key: str, action: str, word: str, sentence: str, shown: str | None = None) -> Binding:
    """A key that the footer has no room for; `shown` is its name where Textual's is another."""
    return Binding(key, action, word, show=False, key_display=shown, tooltip=sentence)


TRAIN = group(
    "Train",
    Binding("space", "train", "train", tooltip="Start or pause training."),
    _more("n", "advance('update')", "Update", "Make one update, then pause."),
    _more("e", "advance('epoch')", "Epoch", "Train to the end of the epoch, then pause."),
    _more("plus", "pace(1)", "Faster", "Train at a faster pace; while p plays, play faster.", "+"),
    _more("minus", "pace(-1)", "Slower", "Train at a slower pace; while p plays, play slower.", "-"),
    _more("E", "ask('stop')", "Stop at", "Stop at an epoch, or when an accuracy is reached."),
    _more("b", "branch", "Branch", "Train on from this epoch in a new run, by the form's learning_rate, epochs, seed."),
)
LOOK = group(
    "Look",
    Binding("c", "carry_on(1)", "append", tooltip="Append what the network says comes next."),
    _more("C", "carry_on(10)", "Append ten", "Append the next ten that the network says, one after the other."),
    _more("W", "carry_on(0)", "Append until wrong", "Append what the network says until it is wrong, or cannot be."),
    Binding("slash", "prompt", "prompt", key_display="/", tooltip="Type a sequence."),
    _more("R", "type_random(False)", "Training sequence", "Type a sequence of the task, or of the file."),
    _more("B", "type_random(True)", "Longer sequence", "Type a sequence longer than in training."),
    _more("T", "ask('sampling')", "Sampling", "Sample what comes next: temperature, top-k, top-p."),
    _more("p", "play", "Play", "Step through the sequence by itself, from this step to the end, or stop."),
    Binding("escape", "back", "back", tooltip="Leave the field for the hidden state; leave the lesson from there."),
    Binding("v", "view(1)", "view", tooltip="The heatmap's next view: hidden state, cell state, gates, attribution."),
    _more("V", "view(-1)", "Previous view", "The heatmap's previous view."),
    _more("w", "density", "Density", "The heatmap by itself, wide, narrow, or with two units a row in halves."),
    _more("L", "lens(1)", "Next lens", "The next lens: another way of seeing the network that is shown."),
    _more("D", "difference", "Difference", "Show how values have changed: by what you did, or from the marked run."),
    _more("a", "ask('shapes')", "Shapes", "Show all shapes, and the call of torch.nn; press again to close them."),
    _more("l", "log", "Log scale", "Switch the loss between a log and a linear scale."),
    _more("m", "metric", "Metric", "Show the loss, the accuracy or the learning rate."),
    _more("f", "maximise", "Maximise", "Let the focused pane fill the screen; press again to take it back."),
    _more("1", "tab('State')", "State", "Go to the hidden state."),
    _more("2", "tab('Loss')", "Loss", "Go to the loss."),
    _more("3", "tab('Lens')", "Lens", "Go to the lens."),
    _more("4", "tab('Recipe')", "Recipe", "Go to the recipe."),
    _more("5", "tab('Runs')", "Runs", "Go to the runs."),
    _more("6", "tab('Next')", "Next number", "Go to the next number or symbol."),
    _more("7", "tab('Beside')", "Marked run", "Go to the marked run's hidden state, beside that of this run."),
    _more("8", "tab('Sweep')", "Sweep", "Go to the sweep that was opened; escape takes back all panes."),
)
CHANGE = group(
    "Change",
    Binding("x", "do('erase')", "erase", tooltip="Erase the memory before this step; press again to restore it."),
    _more("X", "do('erase_everywhere')", "Erase everywhere", "Erase the memory at every step, or restore it."),
    _more(
        "k",
        "do('erase_cell')",
        "Erase the cell state",
        "Erase an LSTM's cell state with the hidden state, or keep it.",
    ),
    _more("z", "do('switch_off')", "Switch off", "Switch the selected unit off or on."),
    _more("h", "do('keep')", "Keep the state", "Keep the state at this step, to put it into another sequence."),
    _more("j", "do('put')", "Put a state in", "Put the kept state in after this step: whole, c alone, one unit, none."),
    Binding("u", "do('undo')", "reset", tooltip="Undo all that is done to the network."),
)
TOUR = group(
    "Tour",
    _more("g", "tour", "Tour", "Start a lesson; in a lesson, show the scene as it is meant."),
    _more("full_stop", "scene(1)", "Next scene", "The next scene; behind the last, the next lesson.", "."),
    _more("comma", "scene(-1)", "Previous scene", "The scene before.", ","),
    _more("M", "mark", "Record a scene", "Record this moment as a scene of a lesson of your own."),
)
RUNS = group(
    "Runs",
    _more("s", "ask('save')", "Save", "Save the network shown."),
    _more("o", "ask('open')", "Open", "Open a saved model."),
    _more("r", "resume", "Restore", "Restore the unsaved runs of an earlier session."),
    _more("y", "ask('permalink')", "Copy a permalink", "Copy one line that restores all that is seen."),
    _more("S", "ask('export')", "Export", "Write this screen as SVG, or this trace or curve as CSV, to a file."),
)
PROGRAM = group(
    "Program",
    Binding("question_mark,f1", "explain", "explain", tooltip="Explain the focused pane or field, and list the keys."),
    _more("i", "ask('cost')", "Cost", "Show the memory of both processes and the bytes sent to this screen."),
    _more("d", "app.detach", "Detach", "Quit and keep training; unroll attach returns to it."),
)
ACTIONS: list[BindingType] = [*TRAIN, *LOOK, *CHANGE, *TOUR, *RUNS, *PROGRAM]
GROUPS = ("Train", "Look", "Change", "Tour", "Runs", "Program")
"""The words that `?` lists keys under, after the focused pane's own."""
OTHER_WORDS = {
    "train": "start pause stop run continue fit learn",
    "advance('update')": "batch iteration single",
    "advance('epoch')": "single",
    "pace(1)": "speed quicker",
    "pace(-1)": "speed",
    "ask('stop')": "until limit early stopping",
    "branch": "fork finetune continue learning rate",
    "carry_on(1)": "predict continue generate ask",
    "carry_on(10)": "predict continue generate",
    "carry_on(0)": "predict continue generate fail",
    "prompt": "input enter write ask numbers",
    "type_random(False)": "random example",
    "type_random(True)": "random example length",
    "ask('sampling')": "random draw top",
    "play": "slow motion demo animate walk automatic parts",
    "view(1)": "show",
    "view(-1)": "show",
    "density": "cells columns zoom narrow wide half block",
    "lens(1)": "unit memory length gradient spectrum map",
    "difference": "compare delta",
    "metric": "rate",
    "do('erase')": "memory cut forget loop",
    "do('erase_everywhere')": "memory cut forget loop",
    "do('erase_cell')": "cut forget lstm",
    "do('switch_off')": "silence disable ablate neuron",
    "do('keep')": "transplant patch copy",
    "do('put')": "transplant patch paste insert",
    "do('undo')": "undo mend",
    "tour": "lesson learn tutorial introduction demo start",
    "scene(1)": "lesson forward",
    "scene(-1)": "lesson back",
    "mark": "lesson own write",
    "ask('save')": "store write keep model file",
    "ask('open')": "load import read file",
    "ask('export')": "screenshot picture image save file table print download",
    "resume": "recover resume session",
    "ask('permalink')": "share link url",
    "tab('Recipe')": "own data file csv task settings preset",
    "explain": "help keys manual",
    "ask('cost')": "ram usage",
    "ask('shapes')": "tensor size dimensions torch batch_first",
    "app.detach": "background leave",
    "leave": "exit leave close end",
    "quit": "exit leave close kill",
    "restart_engine": "reconnect",
    "stop": "stop shell background",
    "repaint": "refresh clear",
    "command_palette": "search commands menu",
    "ask('rename')": "name title",
    "ask('delete')": "remove",
    "ask('restore')": "undo back",
    "ask('compare')": "mark difference",
    "ask('overlay')": "show hide curve",
    "tab('Sweep')": "results seeds table",
    "axes": "across down fields",
    "measure": "median spread solved held out loss",
}
"""What else a person may call an action when looking for it in the palette."""


def offered(*actions: str) -> list[BindingType]:
    """Actions of the playground that a pane lists among its own keys: while it has the focus, they come first."""
    return [
        replace(
            binding, action=f"screen.{binding.action}", description=binding.description.lower(), show=True, group=None
        )
        for binding in Binding.make_bindings(ACTIONS)
        if binding.action in actions
    ]


def both_ways(keys: str, action: str, word: str, sentence: str, show: bool = True) -> list[BindingType]:
    """Two arrows that take `action` by -1 and by 1: one entry for the footer and `?`, two for the palette."""
    first, second = keys.split()
    shown = f"{ARROWS[first]}/{ARROWS[second]}"
    return [
        Binding(first, f"{action}(-1)", word, show=show, key_display=shown, tooltip=sentence),
        Binding(second, f"{action}(1)", word, show=False, tooltip=sentence),
    ]
