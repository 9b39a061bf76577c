"""How much the line takes now, judged by when the terminal answers.

A frame ends with a query (`CSI ?2026$p`); its answer says that the terminal has taken all before it. Until then no
other frame is sent, only a few bytes of echo. The time it took beyond the shortest round trip seen is the time that the
bytes spent queued on the line: a frame may be as large as keeps that near `TARGET_S` (the *budget*). A query long
unanswered is repeated alone: a line that stalled gets nothing but queries, and an answer lost on the way costs a
second. A terminal that never said that it answers is not asked; there the writer's queue alone holds frames back.

What the learned budget gains, against a fixed one of 16 KiB (pairs on two busy cores, a training at full speed): a key
typed right after a redraw of the whole screen is echoed after 0.28 s over 25 KB/s, not 0.80 (medians), and after 1.6 s
over 5 KB/s, not 6.4; the 95th percentile of all echoes is 0.37 s, not 0.48, and at 5 KB/s 0.55 s, not 1.2.

Does no input or output and reads no clock: it is told the time in seconds.
"""

QUERY = "\x1b[?2026$p"
"""Asks whether the terminal knows synchronized output; what counts is when the answer comes."""
TARGET_S = 0.08
"""How long a frame may be on the line."""
NOISE_S = 0.01
"""Queueing up to this is just a busy machine."""
ECHO_BYTES = 512
"""What may follow an unanswered query."""
UNQUERIED_BYTES = 256
"""What may be sent without a query after it."""
PROBE_AFTER_FRAMES = 50
"""Large frames after which the shortest round trip is measured again."""
MIN_BUDGET, FIRST_BUDGET, MAX_BUDGET = 256, 16384, 65536
"""Bytes of a frame: the least, before anything is known, and the most."""
FIRST_PATIENCE_S, MAX_PATIENCE_S = 1.0, 8.0
"""After how long a query is repeated, at first and at last."""


class FlowControl:
    """What is in flight on the line, and how much it takes.

    Attributes:
        budget: Bytes of the largest frame that the line takes in time.
        patience: Seconds after which an unanswered query is repeated.
    """

    def __init__(self) -> None:
        self.budget = FIRST_BUDGET
        self.patience = FIRST_PATIENCE_S
        self._asked: float | None = None
        self._in_flight = 0
        self._reminders = 0
        self._heard = False
        self._since = 0
        self._shortest = float("inf")
        self._heaviest = (0, 0.0)
        self._large = 0
        self._probe_after = 1

    @property
    def free(self) -> bool:
        """Whether a frame may be sent: no query is unanswered."""
        return self._asked is None

    @property
    def room(self) -> int:
        """Bytes that may be sent now."""
        return max(1, self.budget - self._since) if self.free else max(0, ECHO_BYTES - self._since)

    @property
    def wants_probe(self) -> bool:
        """Whether only large frames were timed of late: then a query should go out with nothing before it."""
        return self.free and self._large >= self._probe_after

    def sent(self, size: int, now: float) -> bool:
        """Note that a frame of `size` bytes goes out; says whether a query must end it."""
        self._since += size
        if not self.free or self._since < UNQUERIED_BYTES:
            return False
        self.asked_at(now)
        return True

    def asked_at(self, now: float) -> None:
        """Note that a query goes out."""
        self._asked, self._in_flight, self._since = now, self._since, 0
        self._reminders, self._heard = 0, False

    def answered(self, now: float) -> None:
        """Note an answer. Each reminder gets one as well: the line is free after the last of them."""
        if self._asked is None:
            return
        if not self._heard:
            self._heard = True
            self._learn(self._in_flight, now - self._asked)
        if self._reminders:
            self._reminders -= 1
        else:
            self.forgive()

    def forgive(self) -> None:
        """Wait for no answer: it came, or the terminal has shown in another way that it is alive."""
        self._asked, self.patience = None, FIRST_PATIENCE_S

    def silent(self, now: float) -> bool:
        """Whether a query is unanswered after `patience`."""
        return self._asked is not None and now - self._asked >= self.patience

    def insist(self) -> bool:
        """After silence: whether to repeat the query, with more patience. If something was heard, an answer was lost
        and nothing need be repeated."""
        if self._heard:
            self.forgive()
            return False
        self._reminders += 1
        self.patience = min(MAX_PATIENCE_S, 2 * self.patience)
        return True

    def dead(self, now: float) -> bool:
        """Whether nothing has been heard for so long that no answer is to be expected."""
        return self._asked is not None and not self._heard and now - self._asked >= MAX_PATIENCE_S

    def _learn(self, size: int, took: float) -> None:
        """Correct the shortest round trip, upwards only where hardly anything was queued; then the budget."""
        if took < self._shortest:
            self._shortest = took
            self._adapt(*self._heaviest)
        elif size <= 2 * MIN_BUDGET:
            self._shortest += 0.1 * (took - self._shortest)
        self._large += 1
        if size <= 2 * MIN_BUDGET:
            self._large, self._probe_after = 0, PROBE_AFTER_FRAMES
        self._heaviest = max(self._heaviest, (size, took))
        self._adapt(size, took)

    def _adapt(self, size: int, took: float) -> None:
        """Fit the budget to a frame's time in the queue; a small frame that met no queue says nothing."""
        queued = took - self._shortest
        if queued > NOISE_S:
            budget = int(size * TARGET_S / queued)
            self.budget = max(MIN_BUDGET, budget if queued > TARGET_S else min(MAX_BUDGET, (budget + self.budget) // 2))
        elif 2 * size > self.budget:
            self.budget = min(MAX_BUDGET, 2 * self.budget)
