"""How much the line takes now, judged by when the terminal answers.

A frame ends with a query (`CSI ?2026$p`); its answer says that the terminal has taken all before it. The time it took
beyond the shortest round trip seen is the time that the bytes spent queued on the line: as many bytes may be unanswered
as fill the line and keep that time near `TARGET_S` (the *budget*, as TCP Vegas has it). On a near line that is a frame,
on a far one several; beyond it only a few bytes of echo are sent. When nothing is heard for long, a query is repeated
alone: a line that stalled gets nothing but queries, and an answer lost on the way costs a second. A terminal that never
said that it answers is not asked; there the writer's queue alone holds frames back.

Does no input or output and reads no clock: it is told the time in seconds.
"""

from collections import deque

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
"""After how long a silence a query is repeated, at first and at last."""
CATCH_UP_S = 0.25
"""Between the answers that come late: after as long a silence the others are lost."""
FAR_S = 0.02
"""Round trips from which waiting for each answer would leave the line idle."""


class FlowControl:
    """What is in flight on the line, and how much it takes.

    Attributes:
        budget: Bytes that may be unanswered.
        patience: Seconds of silence after which a query is repeated.
    """

    def __init__(self) -> None:
        self.budget = FIRST_BUDGET
        self.patience = FIRST_PATIENCE_S
        self._unanswered: deque[tuple[float, int, int]] = deque()  # asked when, bytes since the last query, in flight
        self._reminders = 0
        self._heard_late = False  # an answer since the last reminder
        self._heard_at = 0.0
        self._since = 0
        self._shortest = float("inf")
        self._heaviest = (0, 0, 0.0)
        self._large = 0
        self._probe_after = 1

    @property
    def idle(self) -> bool:
        """Whether no query is unanswered."""
        return not self._unanswered and not self._reminders

    @property
    def free(self) -> bool:
        """Whether a frame may be sent."""
        measured = self._probe_after > 1 and self._shortest > FAR_S
        return self.idle or (measured and not self._reminders and self.in_flight + MIN_BUDGET <= self.budget)

    @property
    def in_flight(self) -> int:
        """Bytes sent of which it is not known that they have come."""
        return self._since + sum(size for _, size, _ in self._unanswered)

    @property
    def room(self) -> int:
        """Bytes that may be sent now, in one frame: no more than the line takes in `TARGET_S`, so that answers come
        one by one and the next frames are spread as they are."""
        if not self.free:
            return max(0, ECHO_BYTES - self._since)
        frame = self.budget if self._shortest > MAX_PATIENCE_S else self.budget * TARGET_S / (self._shortest + TARGET_S)
        return max(1, min(self.budget - self.in_flight, max(MIN_BUDGET, int(frame))))

    @property
    def wants_probe(self) -> bool:
        """Whether only large frames were timed of late: then a query should go out with nothing before it."""
        return self.idle and self._large >= self._probe_after

    def sent(self, size: int, now: float) -> bool:
        """Note that a frame of `size` bytes goes out; says whether a query must end it."""
        free, self._since = self.free, self._since + size
        if not free or self._since < UNQUERIED_BYTES:
            return False
        self.asked_at(now)
        return True

    def asked_at(self, now: float) -> None:
        """Note that a query goes out."""
        if self.idle:
            self._heard_at = now
        self._unanswered.append((now, self._since, self.in_flight))
        self._since = 0

    def answered(self, now: float) -> None:
        """Note an answer. Each reminder gets one as well: the line is free after the last of them."""
        self._heard_at = now
        if self._unanswered:
            asked, size, flight = self._unanswered.popleft()
            if not self._reminders:
                self._learn(size, flight, now - asked)
        else:
            self._reminders = max(0, self._reminders - 1)
        self._heard_late = self._reminders > 0
        self.patience = CATCH_UP_S if self._heard_late else FIRST_PATIENCE_S

    def forgive(self) -> None:
        """Wait for no answer: it is lost, or the terminal has shown in another way that it is alive."""
        self._unanswered.clear()
        self._reminders, self._heard_late, self.patience = 0, False, FIRST_PATIENCE_S

    def silent(self, now: float) -> bool:
        """Whether nothing was heard for `patience` seconds."""
        return not self.idle and now - self._heard_at >= self.patience

    def insist(self) -> bool:
        """After silence: whether to repeat the query, with more patience. If something was heard since it was repeated,
        answers were lost and nothing need be repeated."""
        if self._heard_late:
            self.forgive()
            return False
        self._reminders += 1
        self.patience = min(MAX_PATIENCE_S, 2 * self.patience)
        return True

    def dead(self, now: float) -> bool:
        """Whether nothing has been heard for so long that no answer is to be expected."""
        return not self.idle and now - self._heard_at >= MAX_PATIENCE_S

    def _learn(self, size: int, flight: int, took: float) -> None:
        """Correct the shortest round trip, upwards only where hardly anything was queued; then the budget."""
        if took < self._shortest:
            self._shortest = took
            self._adapt(*self._heaviest)
        elif flight <= MIN_BUDGET or self.budget == MIN_BUDGET:  # at the least budget: the line has become longer
            self._shortest += (0.5 if self.budget == MIN_BUDGET else 0.1) * (took - self._shortest)
        self._large += 1
        if flight <= MIN_BUDGET:
            self._large, self._probe_after = 0, PROBE_AFTER_FRAMES
        self._heaviest = max(self._heaviest, (size, flight, took))
        self._adapt(size, flight, took)

    def _adapt(self, size: int, flight: int, took: float) -> None:
        """Fit the budget to the time in the queue; where little was in flight that met no queue says nothing.

        A lone frame tells the line's rate. Behind others each answer corrects the budget by up to its frame's size, so
        that it at most doubles in a round trip (LEDBAT, RFC 6817).
        """
        queued, target = took - self._shortest, max(TARGET_S, self._shortest / 4)
        if flight > size:
            budget = self.budget + int(size * max(-1.0, 1.0 - queued / target) / 2)
        elif queued > NOISE_S:
            budget = int(size * (self._shortest + target) / queued)
            budget = budget if queued > target else (budget + self.budget) // 2
        else:
            budget = 2 * self.budget
        if queued > target or 2 * flight > self.budget:
            self.budget = max(MIN_BUDGET, min(MAX_BUDGET, budget))
