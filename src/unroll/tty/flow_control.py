"""How much the line takes now, judged by the terminal's answers.

A frame ends with a question (`CSI ?2026$p`); its answer says that the terminal has taken all before it. Until then no
other picture is sent, only a few bytes of echo. The time it took beyond the shortest seen is the time that the bytes
spent queued on the line: a frame may be as large as keeps that near `TARGET`. A question long unanswered is asked
again, alone: a line that stalled gets nothing but questions, and an answer lost on the way costs a second. A terminal
that never said that it answers is not asked; there the writer's queue alone holds frames back.

Knows no terminal and no clock: it is told the time in seconds.
"""

QUESTION = "\x1b[?2026$p"
TARGET = 0.08
"""Seconds that a frame may spend on the line."""
NOTICEABLE = 0.01
"""Seconds of queueing that are not just a busy machine."""
ECHO = 512
"""Bytes that may follow an unanswered question."""
UNASKED = 256
"""Bytes that may be sent without any question."""
CURIOUS_AFTER = 50
"""Large frames after which the line's shortest time is looked up again."""
SMALLEST, FIRST, LARGEST = 256, 16384, 65536
"""Bytes of a frame's budget: the least, the one before anything is known, and the most."""
PATIENCE, LONGEST = 1.0, 8.0
"""Seconds after which a question is asked again, at first and at last."""


class Line:
    """What is under way on the line, and how much it takes."""

    def __init__(self) -> None:
        self.asked: float | None = None
        """When the question was asked that is not answered yet."""
        self.budget = FIRST
        """Bytes of the largest frame that the line takes in time."""
        self.patience = PATIENCE
        self._under_way = 0
        self._reminders = 0
        self._heard = False
        self._since = 0
        self._shortest = float("inf")
        self._heaviest = (0, 0.0)
        self._large = 0
        self._curious_after = 1

    @property
    def free(self) -> bool:
        """Whether a picture may be sent."""
        return self.asked is None

    @property
    def room(self) -> int:
        """Bytes that may be sent now."""
        return max(1, self.budget - self._since) if self.free else max(0, ECHO - self._since)

    def sent(self, size: int, now: float) -> bool:
        """Note that a frame goes out; says whether a question must end it."""
        self._since += size
        if not self.free or self._since < UNASKED:
            return False
        self.asks(now)
        return True

    def answered(self, now: float) -> None:
        """Note an answer. Each reminder gets one as well: the line is free after the last of them."""
        if self.asked is None:
            return
        if not self._heard:
            self._heard = True
            self._learn(self._under_way, now - self.asked)
        if self._reminders:
            self._reminders -= 1
        else:
            self.forgive()

    def forgive(self) -> None:
        """Wait for no answer: it came, or the terminal has shown by other signs that it lives."""
        self.asked, self.patience = None, PATIENCE

    @property
    def curious(self) -> bool:
        """Whether only large frames were timed of late: then the next question should go out with nothing before it."""
        return self.free and self._large >= self._curious_after

    def asks(self, now: float) -> None:
        """Note that a question goes out."""
        self.asked, self._under_way, self._since = now, self._since, 0
        self._reminders, self._heard = 0, False

    def silent(self, now: float) -> bool:
        """Whether a question has been unanswered for longer than one is patient."""
        return self.asked is not None and now - self.asked >= self.patience

    def insist(self) -> bool:
        """After silence: whether to ask again, with more patience. Where something was heard, an answer was lost."""
        if self._heard:
            self.forgive()
            return False
        self._reminders += 1
        self.patience = min(LONGEST, 2 * self.patience)
        return True

    def dead(self, now: float) -> bool:
        """Whether nothing has been heard for so long that answers are not to be expected."""
        return self.asked is not None and not self._heard and now - self.asked >= LONGEST

    def _learn(self, size: int, took: float) -> None:
        """Correct the shortest time by this one, upwards only where hardly anything was queued; then the budget."""
        if took < self._shortest:
            self._shortest = took
            self._adapt(*self._heaviest)
        elif size <= 2 * SMALLEST:
            self._shortest += 0.1 * (took - self._shortest)
        self._large += 1
        if size <= 2 * SMALLEST:
            self._large, self._curious_after = 0, CURIOUS_AFTER
        self._heaviest = max(self._heaviest, (size, took))
        self._adapt(size, took)

    def _adapt(self, size: int, took: float) -> None:
        """Fit the budget to a frame's time in the queue; a small frame that met no queue says nothing."""
        queued = took - self._shortest
        if queued > NOTICEABLE:
            budget = int(size * TARGET / queued)
            self.budget = max(SMALLEST, budget if queued > TARGET else min(LARGEST, (budget + self.budget) // 2))
        elif 2 * size > self.budget:
            self.budget = min(LARGEST, 2 * self.budget)
