"""Whatever is sent, one answer comes back, in words that help; and the engine goes on."""

import json

import pytest

from engine_kit import answers, converse
from unroll.protocol.replies import Error
from unroll.protocol.requests import Create
from unroll.recipe import recipe_of

SMALL = Create(recipe=recipe_of({"vocab_size": 16, "length": 3, "hidden_size": 4, "epochs": 2}))


def moment(**changes: object) -> str:
    return json.dumps({"type": "look", "id": 9, "moment": {"run": 1, "sequence": [7, 8], **changes}})


def create(section: str, **values: object) -> str:
    return json.dumps({"type": "create", "id": 9, "recipe": {section: values}})


REFUSED = [
    ("hello", 0, ["not JSON", '{"type": "create"']),
    ("{", 0, ["not JSON"]),
    ('{"type": "play", "id": 9, "run": NaN}', 0, ["not JSON"]),
    ("[1, 2]", 0, ["JSON object", "create"]),
    ("[" * 100_000, 0, ["JSON"]),
    ('{"type": "play", "x": ' + "[" * 100_000, 0, ["JSON"]),
    ('{"id": 9}', 9, ["no type", "choose create, "]),
    ('{"type": "dance", "id": 9}', 9, ["'dance'", "choose create, "]),
    ('{"type": ["play"], "id": 9}', 9, ["['play']", "choose"]),
    ('{"type": "play", "id": "9"}', 0, ['id cannot be "9"', "whole number from 0"]),
    ('{"type": "play", "id": -1}', 0, ["id", "-1", "from 0"]),
    ('{"type": "play", "id": 1e300}', 0, ["id"]),
    ('{"type": "play", "id": 9, "pace": "9/s"}', 9, ["pace", "9/s", "by hand, 0.5/s, 2/s, 8/s, 30/s or full"]),
    ('{"type": "play", "id": 9, "pase": "8/s"}', 9, ["pase", "takes id, run, pace"]),
    ('{"type": "play", "id": 9, "run": "one"}', 9, ['run cannot be "one"', "whole number"]),
    ('{"type": "play", "id": 9, "run": 7}', 9, ["no run 7", "newest is 1"]),
    ('{"type": "play", "id": 9, "run": -1}', 9, ["run cannot be -1"]),
    ('{"type": "advance", "id": 9, "updates": 0}', 9, ["updates cannot be 0", "from 1"]),
    ('{"type": "look", "id": 9}', 9, ["moment"]),
    (moment(run=5), 9, ["no run 5"]),
    (moment(sequence=[]), 9, ["moment.sequence is empty", "at least 1"]),
    (moment(sequence=[7, 16]), 9, ["16 is not in the vocabulary", "from 0 to 15"]),
    (moment(sequence=[-1]), 9, ["moment.sequence[0] cannot be -1", "from 0 to 4,095"]),
    (moment(sequence=[10**400]), 9, ["moment.sequence[0] cannot be 1000"]),
    (moment(sequence=[1] * 10_000), 9, ["moment.sequence has 10,000", "at most 1,024"]),
    ('{"type": "save", "id": 9, "name": "a/b"}', 9, ["name cannot be a/b", "letter or digit"]),
    ('{"type": "look", "moment": 5, "moment": {"sequence": []}, "id": 9}', 9, ["moment"]),
    (moment(sequence="7 8 9"), 9, ["moment.sequence"]),
    (moment(step=2), 9, ["Step 2", "from 0 to 1"]),
    (moment(epoch=1), 9, ["Epoch 1", "epochs 0 to 0"]),
    (moment(epoch=-1), 9, ["epoch cannot be -1"]),
    (moment(interventions={"clamps": [[4, 0.0]]}), 9, ["no unit 4", "from 0 to 3"]),
    (moment(interventions={"clamps": [[0, 1e300]]}), 9, ["1e+300", "1,000"]),
    (moment(colour=1), 9, ["moment", "colour"]),
    (moment(interventions={"cut": True}), 9, ["moment.interventions", "cut"]),
    (create("model", hidden_size=0), 9, ["hidden_size cannot be 0", "from 1 to 1,024"]),
    (create("model", hidden_size=10**9), 9, ["hidden_size cannot be 1000000000", "from 1 to 1,024"]),
    (create("model", cell="esn"), 9, ["cell cannot be esn", "rnn, lstm, gru, mingru or linear"]),
    (create("train", batch_size=61.5), 9, ["batch_size cannot be 61.5", "half or full"]),
    (create("train", batch_size=4096), 9, ["batch_size", "122"]),
    (create("task", vocab_size=4096, length=512), 9, ["batch_size cannot be half (1,792)", "GiB", "at most"]),
    (create("task", length=128), 9, ["length", "127"]),
    (create("task", colour=1), 9, ["colour"]),
]


@pytest.mark.parametrize(("line", "number", "words"), REFUSED, ids=[line[:50] for line, *_ in REFUSED])
def test_a_refusal_names_what_is_wrong_and_what_to_do(line: str, number: int, words: list[str]) -> None:
    replies = converse(SMALL, line.encode())
    error = replies[-1]
    assert isinstance(error, Error)
    assert error.id == number
    assert [word for word in words if word not in error.sentence] == []
    assert error.sentence.endswith(".")
    assert len(error.sentence) < 400


def test_before_there_is_a_run_one_is_to_be_created() -> None:
    assert converse(b'{"type": "play", "id": 1}')[-1] == Error(id=1, sentence="There is no run yet: create one first.")


def test_an_id_is_carried_back() -> None:
    assert list(answers(converse(SMALL, b'{"type": "pause", "id": 41}'))) == [1, 41]
