"""The commands: results on standard output, words on standard error, an exit code, and never a traceback."""

import csv
import io
import json
import os
import re
import resource
import subprocess
import sys
from pathlib import Path
from shutil import which

import pexpect
import pytest
import torch
from click.testing import CliRunner, Result

from pty_kit import long
from unroll.cli import main
from unroll.network.checkpoint import load
from unroll.recipe import FIELDS

QUICK = ("--vocab-size", "12", "--length", "3", "--hidden-size", "8")
COMMANDS = (
    "train",
    "predict",
    "trace",
    "lens",
    "models",
    "sweep",
    "study recall",
    "study memory",
    "study tasks",
    "study reber",
)


def run(*arguments: str, given: str = "") -> Result:
    return CliRunner().invoke(main, arguments, input=given)


def process(*arguments: str, **options: object) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "unroll", *arguments]
    streams = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    return subprocess.Popen(command, **{**streams, **options})  # type: ignore[call-overload, no-any-return]


def test_every_command_shows_an_example_in_its_help() -> None:
    for command in COMMANDS:
        shown = run(*command.split(), "--help")
        assert shown.exit_code == 0
        assert re.search(rf"Examples:\n +unroll {command}", shown.output), command


def test_every_field_of_a_recipe_is_an_option_with_its_own_help() -> None:
    shown = " ".join(run("train", "--help").output.split())
    for field in FIELDS.values():
        assert f"--{field.name.replace('_', '-')}" in shown
        assert field.help in shown


def test_a_trained_network_can_be_saved_and_asked(tmp_path: Path) -> None:
    file = str(tmp_path / "mine.safetensors")
    trained = run("train", "--save", file)
    assert trained.exit_code == 0
    assert "accuracy    100.0 % of the sequences" in trained.stdout
    assert run("predict", file, "7", "8", "9", "10").stdout.split()[0] == "11"


def test_the_same_options_give_the_same_network_and_with_it_the_same_optimizer(tmp_path: Path) -> None:
    for name in ("a", "b"):
        run("train", *QUICK, "--seed", "5", "--optimizer", "--save", str(tmp_path / name))
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()
    optimizer = load(tmp_path / "a").optimizer
    assert optimizer is not None
    assert optimizer.steps == 50


def test_a_bare_name_saves_to_the_users_own_models() -> None:
    assert run("train", *QUICK, "--save", "mine").exit_code == 0
    assert run("predict", "mine", "1", "2").exit_code == 0
    assert [row["name"] for row in json.loads(run("models", "--json").stdout) if row["own"]] == ["mine"]


def test_nothing_is_replaced_unless_it_is_said(tmp_path: Path) -> None:
    table = str(tmp_path / "table.csv")
    for line in (
        ["train", *QUICK, "--save", "mine"],
        ["train", *QUICK, "--save", str(tmp_path / "mine.safetensors")],
        ["study", "recall", "--cells", "rnn", "--lengths", "1", "--seeds", "1", "--csv", table],
    ):
        assert run(*line).exit_code == 0
        again = run(*line)
        assert (again.exit_code, "--force" in again.stderr) == (1, True)
        assert run(*line, "--force").exit_code == 0


def test_an_own_network_can_be_deleted_and_no_other() -> None:
    run("train", *QUICK, "--save", "mine")
    assert run("models", "--delete", "mine").exit_code == 0
    assert not any(row["own"] for row in json.loads(run("models", "--json").stdout))
    for name in ("mine", "count-rnn", "../count-rnn"):
        refused = run("models", "--delete", name)
        assert (refused.exit_code, "your own" in refused.stderr) == (1, True)
    assert run("predict", "count-rnn", "7").exit_code == 0


def test_one_of_a_thing_is_said_in_the_singular() -> None:
    one = ("--vocab-size", "4", "--length", "1", "--hidden-size", "1", "--epochs", "1", "--batch-size", "full")
    said = run("train", *one).stdout
    assert all(f" {words}" in said for words in ("of 1 number\n", "1 unit,", "1 update in"))


def test_training_in_json_says_all_there_is_to_know(tmp_path: Path) -> None:
    (numbers := tmp_path / "numbers.txt").write_text("1 2 3 4 5 6 7 8\n9\n" * 3)
    told = ("--task", "file", "--path", str(numbers), "--held-out", "0.3", "--epochs", "4", "--json")
    result = json.loads(run("train", *QUICK, *told).stdout)
    assert result["plan"]["updates"] == len(result["history"]["losses"]) == 8
    assert result["plan"]["short_lines"] == 3
    assert result["recipe"]["task"]["held_out"] == 0.3
    assert 0 <= result["history"]["held_out_accuracy"] <= 1
    assert result["saved"] is None
    assert result["loss"] > 0


def test_a_file_of_numbers_is_learned_and_its_vocabulary_found(tmp_path: Path) -> None:
    file = tmp_path / "numbers.txt"
    file.write_text(" ".join(["3 1 4 1 5 9 2 6"] * 20))
    options = ("--task", "file", "--path", str(file), "--length", "8", "--held-out", "0.2", "--json")
    result = json.loads(run("train", *options).stdout)
    assert result["recipe"]["task"]["vocab_size"] == 10
    assert result["history"]["accuracy"] == result["history"]["held_out_accuracy"] == 1


@pytest.mark.parametrize("given", ["7 8 9 10", "7\n8\n9\n10\n", "7,8,9,10"])
@pytest.mark.parametrize("dash", [(), ("-",)])
def test_numbers_are_read_from_standard_input(given: str, dash: tuple[str, ...]) -> None:
    assert run("predict", "count-rnn", *dash, "--top", "1", given=given).stdout.split()[0] == "11"


def test_a_network_goes_on_counting_from_the_state_it_kept() -> None:
    said = run("predict", "count-rnn", "7", "8", "9", "10", "--continue", "12").stdout
    assert said == " ".join(map(str, range(11, 23))) + "\n"


def test_what_is_drawn_is_fixed_by_the_seed() -> None:
    drawn = [
        run("predict", "count-rnn", "7", "--continue", "30", "--temperature", "4", "--seed", seed).stdout
        for seed in ("1", "1", "2")
    ]
    assert drawn[0] == drawn[1] != drawn[2]


def test_the_next_number_is_shown_as_it_would_be_drawn() -> None:
    chosen = json.loads(run("predict", "recall-rnn", "7", "8", "--top-k", "2", "--top", "3", "--json").stdout)["next"]
    assert sum(row["probability"] for row in chosen) == pytest.approx(1)
    assert chosen[2]["probability"] == 0


def test_a_trace_has_a_row_a_step() -> None:
    rows = run("trace", "recall-lstm", "7", "8", "9").stdout.splitlines()
    expected = [["1", "7", "7", "yes"], ["2", "8", "7", "yes"], ["3", "9", "7", "yes"]]
    assert [row.split()[:4] for row in rows[1:]] == expected


def test_a_trace_says_what_was_erased_and_held_and_what_was_right() -> None:
    options = ("7", "8", "--cut", "2", "--cut-cell", "--clamp", "5=0.5")
    held, _, first, second = run("trace", "recall-lstm", *options).stdout.splitlines()
    assert "unit 5 at 0.5" in held
    assert [first.split()[:4], second.split()[:6]] == [["1", "7", "7", "yes"], ["2", "8", "h", "c", "8", "7"]]
    told = json.loads(run("trace", "recall-lstm", *options, "--json").stdout)
    assert told["interventions"] == {"cut_steps": [1], "cut_cell": True, "clamps": [[5, 0.5]]}
    assert [(step["right"], step["erased"]) for step in told["steps"]] == [([7], ""), ([7], "h c")]


def test_of_a_file_the_next_number_given_is_right(tmp_path: Path) -> None:
    (numbers := tmp_path / "numbers.txt").write_text("1 2 3 4 " * 9)
    run("train", "--task", "file", "--path", str(numbers), "--length", "3", "--save", "from-file")
    steps = json.loads(run("trace", "from-file", "1", "2", "4", "--json").stdout)["steps"]
    assert [step["right"] for step in steps] == [[2], [4], []]


def test_a_trace_in_csv_has_every_state_and_gate_of_every_unit() -> None:
    rows = list(csv.DictReader(io.StringIO(run("trace", "count-lstm", "7", "8", "--csv").stdout)))
    for row in rows:
        assert {f"{letter}{unit}" for letter in "hcifgo" for unit in range(32)} < set(row)
        parts = sum(float(row[f"part{unit}"]) for unit in range(32)) + float(row["bias_part"])
        assert parts == pytest.approx(float(row["lead"]), abs=0.01)


def test_a_trace_shows_what_cutting_and_silencing_do() -> None:
    def answers(*options: str) -> list[int]:
        steps = json.loads(run("trace", "recall-lstm", "7", "8", "9", "--json", *options).stdout)["steps"]
        return [step["answer"] for step in steps]

    assert answers() == answers("--cut", "1") == [7, 7, 7]
    assert answers("--cut", "all")[1:] != [7, 7]
    silenced = json.loads(run("trace", "count-rnn", "7", "--silence", "3,4", "--clamp", "5=0.5", "--json").stdout)
    assert silenced["steps"][0]["h"][3:6] == [0, 0, 0.5]


def test_a_state_put_in_is_that_of_the_other_sequence_in_a_trace_and_in_a_lens() -> None:
    put = ("7", "8", "9", "--put", "2:whole:50,51", "--json")
    found = json.loads(run("trace", "recall-lstm", *put).stdout)["steps"]
    other = json.loads(run("trace", "recall-lstm", "50", "51", "9", "--json").stdout)["steps"]
    assert [step["h"] for step in found[1:]] == [step["h"] for step in other[1:]] and found[0]["h"] != other[0]["h"]
    seen = json.loads(run("lens", "unit", "recall-lstm", *put, "--unit", "3").stdout)
    assert seen["lines"][0]["ys"] == pytest.approx([step["h"][3] for step in found], abs=1e-3)
    cell = run("trace", "recall-lstm", "7", "8", "--put", "1:cell:50", "--put", "2:3:50").stdout
    assert cell.startswith("put   after step 1: the cell state after 50\nput   after step 2: unit 3 of the state after")


def test_a_lens_says_what_is_done_to_the_network_and_refuses_where_that_would_be_nothing() -> None:
    done = ("--cut", "2,3", "--cut-cell", "--clamp", "5=0.5", "--put", "1:cell:50")
    erased, held, put, *_ = run("lens", "unit", "recall-lstm", "7", "8", "9", *done).stdout.splitlines()
    assert (
        erased == "erased before steps 2, 3: h and c" and "unit 5 at 0.5" in held and "the cell state after 50" in put
    )
    told = json.loads(run("lens", "spectrum", "recall-rnn", "7", "--cut", "all", "--json").stdout)
    assert told["interventions"] == {"cut_all": True}
    assert "leave out --cut" in run("lens", "seeds", "recall-rnn", "7", "--cut", "all").output


def test_a_lens_prints_its_figures_what_is_seen_and_what_cannot_be() -> None:
    *rows, _, caption, limits = run("lens", "length", "count-rnn").stdout.splitlines()
    assert rows[0].split() == ["numbers", "read", "right"] and rows[6].split() == ["6", "1"]
    assert "100 % after 24, the longest tried." in caption and "104 of 24" in limits


@pytest.mark.parametrize(("lens", "kind"), [("unit", "lines"), ("transplant", "grid"), ("spectrum", "plane")])
def test_a_lens_prints_the_same_figures_as_json_and_as_csv(lens: str, kind: str) -> None:
    told = json.loads(run("lens", lens, "recall-lstm", "7", "8", "--unit", "3", "--json").stdout)
    rows = list(csv.reader(io.StringIO(run("lens", lens, "recall-lstm", "7", "8", "--unit", "3", "--csv").stdout)))
    assert told["kind"] == kind
    if kind == "lines":
        assert [float(row[2]) for row in rows[1:]] == told["lines"][0]["ys"]
    elif kind == "grid":
        assert [[row[0], *map(float, row[1:])] for row in rows[1:]] == [
            [name, *values] for name, values in zip(told["rows"], told["values"], strict=True)
        ]
    else:
        assert len(rows) == 1 + sum(len(shape["xs"]) for shape in told["shapes"])


def test_without_a_name_the_lenses_are_listed_and_a_wrong_one_names_them() -> None:
    assert {"unit", "memory", "map"} < {row.split()[0] for row in run("lens").stdout.splitlines()}
    assert "choose unit, numbers" in run("lens", "memori", "count-rnn").output
    assert "unroll models lists them" in run("lens", "memory").output
    assert "from 1 to 2" in run("lens", "unit", "count-rnn", "7", "8", "--step", "3").output
    assert "from 0 to 31" in run("lens", "unit", "count-rnn", "7", "8", "--unit", "32").output


def test_the_networks_that_come_with_the_program_show_the_lesson() -> None:
    accuracy = {row["name"]: row["accuracy"] for row in json.loads(run("models", "--json").stdout)}
    assert accuracy["count-rnn"] == accuracy["count-lstm"] == accuracy["recall-lstm"] == 1
    assert accuracy["recall-rnn"] < 0.9


def test_a_file_that_is_no_network_is_passed_over_in_the_list() -> None:
    run("train", *QUICK, "--save", "no-network-any-more")
    own = Path(next(row["path"] for row in json.loads(run("models", "--json").stdout) if row["own"]))
    own.write_bytes(b"nonsense")
    listed = run("models")
    assert listed.exit_code == 0
    assert ("no-network-any-more" in listed.stderr, "no-network-any-more" in listed.stdout) == (True, False)


def test_the_study_of_memory_shows_the_known_facts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("unroll.machine.cores", lambda: 1)  # here, and not in processes
    rows = json.loads(run("study", "memory", "--cells", "rnn", "--seeds", "3", "--json").stdout)
    low = {(row["task"], row["loop"]): row["low"] for row in rows}
    assert low["count", "whole"] == 1
    assert low["count", "h cut"] >= 0.96
    assert low["recall", "whole"] == 1
    high = {(row["task"], row["loop"]): row["high"] for row in rows}
    assert high["recall", "h cut"] <= 0.025
    assert low["recall-any", "whole"] > 0.5 > 4 * high["recall-any", "h cut"]


def test_the_study_of_recall_prints_a_table_and_writes_every_seed(tmp_path: Path) -> None:
    file = tmp_path / "recall.csv"
    study = run("study", "recall", "--cells", "rnn", "--lengths", "4,1", "--seeds", "2", "--csv", str(file))
    assert re.search(r"^rnn +4( +100\.0 %){4}$", study.stdout, re.MULTILINE)
    rows = list(csv.DictReader(file.open()))
    assert [(row["length"], row["seed"]) for row in rows] == [("1", "0"), ("1", "1"), ("4", "0"), ("4", "1")]


def test_the_study_of_a_task_says_how_many_seeds_solve_it_and_what_others_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("unroll.machine.cores", lambda: 1)
    file = tmp_path / "seeds.csv"
    told = run("study", "recall-any", "--cells", "rnn,gru", "--seeds", "2", "--csv", str(file))
    assert re.search(r"^recall-any +gru +2( +100\.0 %){3} +640 +\d+\.\d\d$", told.stdout, re.MULTILINE)
    assert "published: nothing known" in told.stdout
    rows = [(row["cell"], row["seed"]) for row in csv.DictReader(file.open())]
    assert rows == [("rnn", "0"), ("rnn", "1"), ("gru", "0"), ("gru", "1")]


WRONG = """
    2 | train --task reber --vocab-size 9 | choose 7, for its symbols are B T S X P V E
    2 | train --task modular --steps-back 3 | steps_back does nothing with task modular: leave it out
    2 | train --task anbn --held-out 0.2 | every string up to that length is trained
    2 | train --hidden-size 0 | hidden_size cannot be 0: choose a whole number from 1 to 1,024.
    2 | train --hidden-size many | hidden_size cannot be many
    2 | train --cell elman | rnn, lstm, gru, mingru or linear
    2 | train --learning-rate nan | learning_rate cannot be nan
    2 | train --length 200 | at most 127
    2 | train --batch-size 4000 | at most 122
    2 | train --held-out 0.2 | held_out cannot be 0.2 with task count, as every step
    2 | train --task recall --held-out 0.2 | never an answer in training
    2 | train --task file | path cannot be empty
    2 | train --task file --path /nowhere | /nowhere
    1 | train --save /nowhere/x | no folder /nowhere
    1 | train --save /dev/null | /dev/null is not a regular file
    1 | train --cell lstm --vocab-size 4096 --hidden-size 1024 --save x | a smaller hidden_size or vocab_size
    1 | predict nope 7 | count-lstm
    1 | predict /dev/zero 7 | /dev/zero is not a regular file
    2 | predict count-rnn 128 | from 0 to 127
    2 | predict count-rnn seven | seven
    2 | predict count-rnn | empty
    2 | predict count-rnn 7 --top-p 0 | --top-p
    2 | predict count-rnn 7 --top 3 --continue 2 | --top does nothing
    2 | predict count-rnn 7 --seed 3 --continue 2 | --seed does nothing
    2 | predict count-rnn 7 --seed 3 --temperature 2 | --seed does nothing
    2 | predict count-rnn 7 --temperature -1 | --temperature
    2 | trace count-rnn 7 8 --cut 3 | from 1 to 2
    2 | trace count-rnn 7 --silence 32 | from 0 to 31
    2 | trace count-rnn 7 --clamp 3 | UNIT=VALUE
    2 | trace count-rnn 7 --clamp 32=1 | from 0 to 31
    2 | trace count-lstm 7 8 --cut-cell | add --cut all
    2 | trace count-rnn 7 8 --cut all --cut-cell | the rnn has no cell state
    2 | trace count-rnn 7 --silence 3 --clamp 3=0.5 | Unit 3 is given two values
    2 | trace count-rnn 7 --clamp 3=1 --clamp 3=0 | Unit 3 is given two values
    2 | trace count-rnn 7 8 --put 3:whole:5 | a step from 1 to 2
    2 | trace count-rnn 7 8 --put 2:32:5 | a unit from 0 to 31
    2 | trace count-rnn 7 8 --put 2:cell:5 | the rnn has no cell state
    2 | trace count-rnn 7 8 --put 2:whole | empty
    2 | trace count-rnn 7 8 --put 2:whole:5 --put 2:1:5 | after one step
    2 | train --path numbers.txt | add --task file
    2 | train --optimizer | add --save
    2 | train --background --json | --json
    1 | models --make /nowhere | no folder /nowhere
    2 | study recall --lengths 0 | from 1 to 511
    2 | study memory --cells rnn,elman | rnn, lstm, gru
    1 | study recall --csv /nowhere/x | no folder /nowhere
    2 | nonsense | unroll --help
    2 | train --lr 1 | mean --learning-rate?
    2 | train --hidden 1 | mean --hidden-size?
    2 | train --epoch 1 | mean --epochs?
    2 | train --xyzzy 1 | '--xyzzy': see
    2 | play foo | foo
"""


@pytest.mark.parametrize("row", WRONG.strip().splitlines())
def test_a_wrong_input_is_refused_in_a_sentence_that_names_it_or_the_way_out(row: str) -> None:
    code, line, fact = row.split(" | ")
    result = run(*line.split())
    assert fact in " ".join(result.stderr.replace("main --help", "unroll --help").split())
    assert "Traceback" not in result.stderr
    assert (result.exit_code, result.stdout) == (int(code), "")


@pytest.mark.parametrize("device", ["cuda", "mps"])
def test_a_device_that_is_not_there_is_refused(device: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("torch.cuda.is_available", lambda: False)
    monkeypatch.setattr("torch.backends.mps.is_available", lambda: False)
    result = run("train", *QUICK, "--device", device)
    assert (result.exit_code, device in result.stderr, "cpu or auto" in result.stderr) == (2, True, True)
    assert run("train", *QUICK, "--device", "auto").exit_code == 0


@pytest.mark.parametrize("words", ["DefaultCPUAllocator: can't allocate memory", "CUDA out of memory."])
def test_too_little_memory_is_said_so(words: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def greedy(*given: object) -> None:
        raise RuntimeError(words)

    monkeypatch.setattr("unroll.network.training.backpropagate", greedy)
    result = run("train", *QUICK)
    assert (result.exit_code, "memory" in result.stderr, "smaller" in result.stderr) == (1, True, True)


def limited(kind: int, most: int, *arguments: str) -> list[str]:
    """A command under a limit of the system."""
    under = [sys.executable]
    if kind == resource.RLIMIT_NPROC and os.geteuid() == 0:  # it does not hold for root
        capable = "+dac_override,+dac_read_search"
        under = ["setpriv", "--reuid=65534", "--inh-caps", capable, "--ambient-caps", capable, *under]
    code = f"import resource; resource.setrlimit({kind}, ({most}, {most})); from unroll.cli import main; main()"
    return [*under, "-c", code, *arguments]


def ended(command: list[str]) -> tuple[int, str]:
    """Its exit code and last words."""
    done = subprocess.run(command, capture_output=True, text=True, timeout=60)  # noqa: PLW1510
    return done.returncode, done.stderr.rstrip().rpartition("\n")[2]


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux holds a process to an address space")
@pytest.mark.parametrize("command", [["train"], ["train", "--background"], ["predict", "count-rnn", "7"]])
def test_where_torch_may_not_have_its_memory_the_limit_is_named(command: list[str]) -> None:
    code, words = ended(limited(resource.RLIMIT_AS, 300 * 2**20, *command))
    assert (code, "ulimit -v" in words, "install" in words) == (1, True, False)


@pytest.mark.skipif(os.geteuid() == 0 and which("setpriv") is None, reason="root has no such limit")
@pytest.mark.parametrize("most", [1, 2])
def test_where_no_process_or_thread_may_be_started_the_limit_is_named(
    most: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("UNROLL_STATE_DIR", str(tmp_path / "state"))
    tmp_path.chmod(0o777)
    code, words = ended(limited(resource.RLIMIT_NPROC, most, "train", "--background"))
    assert (code, "ulimit -u" in words, "bug" in words) == (1, True, False)
    command, *arguments = limited(resource.RLIMIT_NPROC, most, "play")
    playground = pexpect.spawn(command, arguments, timeout=60, encoding="utf-8", env={**os.environ, "TERM": "xterm"})
    playground.expect(pexpect.EOF)
    assert "ulimit -u" in playground.before.rpartition("\x1b[?1049l")[2]


def test_a_training_that_diverges_says_so_and_saves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    lost = torch.tensor(torch.nan), torch.tensor(0.0)
    monkeypatch.setattr("unroll.network.training.backpropagate", lambda *given: lost)
    result = run("train", *QUICK, "--save", str(tmp_path / "x"))
    assert "update 1: the learning rate 0.1" in result.stderr
    assert (result.exit_code, [*tmp_path.iterdir()]) == (1, [])


def test_a_name_cannot_command_the_terminal() -> None:
    for line in (("predict", "\x1b[2J", "7"), ("predict", "count-rnn", "\x1b[2J"), ("train", "--cell", "\x1b[2J")):
        assert "\x1b" not in run(*line).stderr


def test_help_imports_nothing_heavy() -> None:
    code = (
        "import sys\nfrom unroll.cli import main\ntry: main(['--help'])\nexcept SystemExit: pass\n"
        "heavy = {'torch', 'numpy', 'textual', 'plotext', 'rich', 'safetensors'}\n"
        "print(sorted(heavy & set(sys.modules)), file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True)
    assert done.stderr.strip() == "[]"


def test_an_interrupt_ends_quietly_with_130(tmp_path: Path) -> None:
    arguments = ["-m", "unroll", "train", "--epochs", "100000", "--save", str(tmp_path / "x")]
    training = pexpect.spawn(sys.executable, arguments, timeout=60, encoding="utf-8")
    training.expect(r"loss \d")
    training.sendintr()
    training.expect(pexpect.EOF)
    training.close()
    assert training.exitstatus == 130
    assert "Traceback" not in training.before
    assert list(tmp_path.iterdir()) == []


def test_a_reader_that_goes_away_is_no_error() -> None:
    end, start = os.pipe()
    os.close(end)
    with process("predict", "count-rnn", "7", "--continue", "50", stdout=start) as asked:
        os.close(start)
        _, err = asked.communicate(timeout=30)
    assert err == b""


def test_a_full_disk_is_said_so() -> None:
    with Path("/dev/full").open("wb") as full, process("--help", stdout=full) as listing:
        _, err = listing.communicate(timeout=30)
    assert (listing.returncode, b"No space left on device" in err, b"Traceback" in err) == (1, True, False)


@pytest.mark.parametrize(
    ("words", "fault"),
    [
        ("train", "ImportError"),
        ("train", "OSError"),
        ("train", "KeyError"),
        ("predict count-rnn 7", "ImportError"),
        ("train --background", "ImportError"),
        ("study recall", "OSError"),
    ],
)
def test_a_broken_torch_is_a_sentence(tmp_path: Path, words: str, fault: str) -> None:
    (tmp_path / "torch.py").write_text(f"raise {fault}('libfoo.so')")
    command = process(*words.split(), env={**os.environ, "PYTHONPATH": str(tmp_path)})
    _, said = command.communicate(timeout=60)
    assert command.returncode == 1
    assert b"Traceback" not in said
    assert (b"libfoo.so" in said) or b"command.log" in said


@pytest.mark.parametrize("closed", [">&-", "<&- >&- 2>&-", *map(long, ["<&-", "2>&-"])])
@pytest.mark.parametrize("words", ["predict count-rnn", "attach --list", "engine", *map(long, ["models"])])
def test_closed_streams_end_in_no_traceback(state_dir: Path, closed: str, words: str) -> None:
    line = f"exec {sys.executable} -m unroll {words} {closed}"
    done = subprocess.run(["sh", "-c", line], stdin=subprocess.DEVNULL, capture_output=True, check=False, timeout=60)
    assert b"Traceback" not in done.stderr
    assert not (state_dir / "command.log").exists(), "no bug"
