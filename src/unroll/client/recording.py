"""A recorded conversation: every line that went over the wire, in order, as JSON lines.

`Recorder` writes one. `Replay` plays it back as if it were an engine: the same every time, at once, and without torch.
"""

import asyncio
import time
from collections import defaultdict, deque
from collections.abc import AsyncIterator, Callable
from contextlib import suppress
from pathlib import Path
from typing import Any, Literal, TypeVar

import msgspec
from msgspec import Raw, Struct
from msgspec.structs import replace

from unroll.client.diagnosis import EngineDied, EngineError
from unroll.client.pending import fault, number_of
from unroll.files import read_regular
from unroll.protocol.codec import decode_request, encode, read_reply
from unroll.protocol.replies import Answer, Created, Error, Hello, Looked, Progress
from unroll.protocol.requests import Begin, Continue, ListModels, Look, Request, Save
from unroll.protocol.trace import Trace
from unroll.recipe import MAX_EPOCHS
from unroll.text import shown_path

A = TypeVar("A", bound=Answer)

Speaker = Literal["client", "engine"]
MAX_BYTES = 2**28
"""Bytes in a recording at most: some hours of a session."""
STILL = (Look, Continue, Save, ListModels)
"""What moves no run: progress that follows one of these was brought about by an earlier request."""
_begun: set[Path] = set()
"""What this program has recorded in."""


class Entry(Struct, frozen=True):
    """One line of the conversation: `at` is in seconds since its start, `message` the line as it went."""

    at: float
    speaker: Speaker
    message: Raw


class Recorder:
    """Writes a conversation down as it goes; raises `OSError` where the file cannot be made.

    What the same program says to another engine, when the first has died, is added to the same file. Where it can no
    longer be written, such as on a full disk, it ends there and the conversation goes on; `fault` is then a sentence.
    """

    def __init__(self, path: Path) -> None:
        self.fault = ""
        self._path = path
        self._file = path.open("ab" if path in _begun else "wb")
        _begun.add(path)
        self._start = time.monotonic()

    def add(self, speaker: Speaker, line: bytes) -> None:
        """Write down one line, without its newline."""
        entry = Entry(round(time.monotonic() - self._start, 4), speaker, Raw(line))
        if not self._file.closed:
            try:
                self._file.write(msgspec.json.encode(entry) + b"\n")
            except OSError as error:
                self._give_up(error)

    def close(self) -> None:
        """Put everything on disk."""
        try:
            self._file.close()
        except OSError as error:
            self._give_up(error)

    def _give_up(self, error: OSError) -> None:
        self.fault = f"{error.strerror}: the recording {shown_path(self._path)} ends here."
        with suppress(OSError):
            self._file.close()


def read(path: Path) -> list[Entry]:
    """The conversation in a file; what was cut off at its end, by a full disk or a kill, is left out.

    Raises `FileError` if it cannot be read, `msgspec.DecodeError` if it is not a recording.
    """
    decoder = msgspec.json.Decoder(Entry)
    *lines, rest = read_regular(path, MAX_BYTES).split(b"\n")
    entries = [decoder.decode(line) for line in lines]
    if rest:
        with suppress(msgspec.DecodeError):
            entries.append(decoder.decode(rest))
    if not entries:
        raise msgspec.DecodeError("an empty recording")
    return entries


class Turn(Struct):
    """One request of a recording: its time, its answer, and the progress until the next request that moves a run."""

    at: float = 0.0
    answer: Answer | None = None
    progress: list[tuple[float, Progress]] = []


class Replay:
    """A recording as an engine; spoken with like one.

    Requests are matched by what they ask, whatever their number. What is asked again gets what came the next time it
    was asked in the recording, and at last the same once more. The progress that followed a request which moves a run
    comes when that request is made: all of it at once, or as fast as it was made where the recording `plays`, which
    one does that was made in a playground.

    Attributes:
        script: Where it plays, what was asked, and when, in seconds.
    """

    on_silence: Callable[[str], None] = staticmethod(lambda sentence: None)
    on_fault: Callable[[str], None] = staticmethod(lambda sentence: None)
    is_unheard: Callable[[], bool] = staticmethod(lambda: False)
    last_lines: tuple[str, ...] = ()

    def __init__(self, path: Path, plays: bool = False) -> None:
        """Read a recording of this version; raises as `read` does."""
        self._hello: Hello | None = None
        self._turns: dict[bytes, deque[Turn]] = defaultdict(deque)
        self._traces: list[Trace] = []
        self._events: asyncio.Queue[Progress | None] = asyncio.Queue()
        self._each: dict[int, int] = {}
        self._updates: dict[int, int] = {}
        self._closed = False
        self._plays = plays
        self.script: list[tuple[float, Request[Any]]] = []
        self._load(read(path))
        if not any(isinstance(request, Begin) for _, request in self.script):  # a program's, not a playground's
            self._plays, self.script = False, []

    @property
    async def hello(self) -> Hello:
        """Its first word; raises `EngineDied` when there was none."""
        if self._hello is None:
            raise EngineDied("The recorded engine never said hello.")
        return self._hello

    async def ask(self, request: Request[A]) -> A:
        """What was answered to the same request; a look that was never asked for is answered by the nearest one.

        Raises `EngineError` where the recorded engine refused it, it was never asked, or its answer does not fit, and
        `EngineDied` where the replay is closed, or the recorded engine died before it answered.
        """
        if self._closed:
            raise EngineDied("The recording was closed.")
        turn = self._find(request)
        for at, progress in turn.progress:
            if self._plays:
                asyncio.get_running_loop().call_later(at - turn.at, self._tell, progress)
            else:
                self._tell(progress)
        turn.progress = []
        if turn.answer is None:
            raise EngineDied("The recording ends here.")
        if isinstance(turn.answer, Error):
            raise EngineError(turn.answer.sentence)
        if wrong := fault(request, turn.answer):
            raise EngineError(f"The recorded engine {wrong}.")
        return turn.answer  # type: ignore[return-value]

    def _tell(self, progress: Progress) -> None:
        self._updates[progress.run] = progress.update
        self._events.put_nowait(progress)

    async def events(self) -> AsyncIterator[Progress]:
        """The recorded progress, as far as requests have brought it about; ends after `close`."""
        while (event := await self._events.get()) is not None:
            yield event
        self._events.put_nowait(None)

    async def close(self) -> None:
        """End the replay."""
        self._closed = True
        self._events.put_nowait(None)

    leave = close

    def _load(self, entries: list[Entry]) -> None:
        by_id: dict[int, Turn] = {}
        mover = Turn()
        for entry in entries:
            if entry.speaker == "client":
                request = decode_request(entry.message)
                turn = by_id[request.id] = Turn(entry.at)
                if self._plays:
                    self.script.append((entry.at, request))
                self._turns[_key(request)].append(turn)
                mover = mover if isinstance(request, STILL) else turn
                continue
            try:
                reply = read_reply(entry.message)
            except msgspec.ValidationError:  # the rest can be played all the same
                number = number_of(bytes(entry.message))
                reply = Error(id=number, sentence="The recorded answer to this cannot be read.")
            if isinstance(reply, Hello):
                self._hello = reply
            elif isinstance(reply, Progress):
                mover.progress.append((entry.at, reply))
            elif reply.id in by_id:
                by_id[reply.id].answer = reply
                if isinstance(reply, Created):
                    self._each[reply.run] = reply.plan.updates_per_epoch
                elif isinstance(reply, Looked):
                    self._traces.append(reply.trace)

    def _find(self, request: Request[Any]) -> Turn:
        turns = self._turns.get(_key(request))
        if turns:
            if isinstance(request, Look) and request.moment.epoch is None:
                self._skip_the_past(turns, self._updates.get(request.moment.run, 0))
            return turns.popleft() if len(turns) > 1 else turns[0]
        if isinstance(request, Look):
            return Turn(answer=Looked(id=0, trace=self._nearest(request)))
        raise EngineError(f"The recording holds no such {type(request).__name__.lower()}.")

    def _skip_the_past(self, looks: deque[Turn], updates: int) -> None:
        """Skip looks recorded before the progress that has been replayed: here it comes all at once."""
        while len(looks) > 1 and isinstance(looks[0].answer, Looked):
            trace = looks[0].answer.trace
            if trace.epoch * self._each.get(trace.moment.run, 1) >= updates - 0.5:
                return
            looks.popleft()

    def _nearest(self, request: Look) -> Trace:
        """The recorded trace of the same sequence under the same interventions: best in the same view, of the same run,
        at the epoch next to the wanted one."""
        wanted = request.moment
        what = wanted.sequence, wanted.interventions
        alike = [trace for trace in self._traces if (trace.moment.sequence, trace.moment.interventions) == what]
        if not alike:
            raise EngineError("The recording holds no look at this sequence.")
        newest = (
            self._updates[wanted.run] / self._each.get(wanted.run, 1) if wanted.run in self._updates else MAX_EPOCHS
        )
        epoch = newest if wanted.epoch is None else wanted.epoch
        alike.sort(key=lambda at: (at.view != request.view, at.moment.run != wanted.run, abs(at.epoch - epoch)))
        return replace(alike[0], moment=wanted)


def _key(request: Request[Any]) -> bytes:
    """What is asked, without its number."""
    return encode(replace(request, id=0))
