"""What is typed in the prompt is looked at as it is typed, and nobody else writes there meanwhile."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from functools import lru_cache
from typing import Any

from textual.widget import Widget

from unroll.errors import UserError
from unroll.moment import parse_sequence
from unroll.terminal import messages, texts
from unroll.terminal.coalesce import Latest
from unroll.terminal.deeds import Deeds
from unroll.terminal.widgets.prompt import Numbers, Prompt

BETWEEN_KEYS = 0.02
"""Seconds after a key in which another is part of the same text, which no person has typed: pasted, or sent late."""


class Prompting(Deeds):
    """A person in the prompt, and out of it again."""

    def __init__(self) -> None:
        super().__init__()
        self._last_focused: Widget | None = None
        self._typed: tuple[int, ...] | None = None
        self._taken: tuple[int, ...] = ()
        self._edits_read = 0
        self._listening = Latest(self.spawn, self._hear_out)

    def _show_prompt(self) -> None:
        prompt, sequence = self.query_one(Prompt), self.session.moment.sequence
        if not self._is_in_prompt:
            prompt.remove_class("-invalid")
            prompt.write(_words(sequence))
            prompt.point_at(self.session.moment.step)
            self._taken = sequence
        elif sequence != self._taken and self._is_taken:  # by a deed from the palette, say
            prompt.write(_words(sequence) + " ")
            self._taken = sequence
        prompt.show_sampling(texts.of_sampling(self.session.sampling))

    @property
    def _is_in_prompt(self) -> bool:
        """Whether a person is typing a sequence, though the window be too small now or another in front of it."""
        return isinstance(self._last_focused, Numbers)

    @property
    def _is_taken(self) -> bool:
        """Whether all that stands in the prompt has been taken: nothing is half typed, or cannot be."""
        prompt = self.query_one(Prompt)
        return self._typed is None and prompt.edits == self._edits_read and not prompt.has_class("-invalid")

    def _focus_moved(self, focused: Widget | None) -> None:
        if focused is None or self.has_class("-too-small"):
            return
        was_in_prompt, self._last_focused = self._is_in_prompt, focused
        if was_in_prompt and not self._is_in_prompt:
            self._leave_prompt()
        elif self._is_in_prompt and not was_in_prompt:
            self._edits_read = self.query_one(Prompt).edits

    def _leave_prompt(self) -> None:
        """Take what was typed, or go back to what is looked at where that cannot be taken."""
        self.query_one(Prompt).remember()
        self._typed = self._read_prompt()
        if self._typed is None:
            self.say("", fault=False)
        self._take_typed()
        self._show_prompt()

    def _read_prompt(self) -> tuple[int, ...] | None:
        """The sequence in the prompt; None where there is none, which is said."""
        prompt = self.query_one(Prompt)
        self._edits_read = prompt.edits
        recipe = self.session.run.recipe if self.session.run else self.session.recipe
        try:
            sequence = parse_sequence(prompt.text, recipe.task.vocab_size)
        except UserError as error:
            prompt.add_class("-invalid")
            self.say(str(error))
            return None
        if prompt.has_class("-invalid"):
            prompt.remove_class("-invalid")
            self.say("", fault=False)
        return sequence

    def _take_typed(self) -> None:
        typed, self._typed = self._typed, None
        if typed is not None:
            self._taken = typed
            self.session.type(typed, self.query_one(Prompt).step)

    def on_prompt_edited(self, message: messages.PromptEdited) -> None:
        self._typed = self._read_prompt()
        if self._typed is not None and self.notice:
            self.say("", fault=False)
        self._listening.ask()

    async def _hear_out(self) -> None:
        """Look at what was typed once no key follows: the echo of a key waits for no picture."""
        prompt, edits = self.query_one(Prompt), -1
        while edits != prompt.edits:
            edits = prompt.edits
            await asyncio.sleep(BETWEEN_KEYS)
        self._take_typed()

    def on_prompt_entered(self, message: messages.PromptEntered) -> None:
        """Go on from the text on which enter was pressed; where another has been typed since, that is over."""
        prompt = self.query_one(Prompt)
        if message.edits != prompt.edits:
            return
        self._typed = self._read_prompt()
        if self._typed is not None:
            self._take_typed()
            going_on = self.session.carry_on(wanted=lambda: message.edits == prompt.edits)
            self.spawn(self._write_what_came(going_on, message.edits))

    async def _write_what_came(self, going_on: Coroutine[Any, Any, None], edits: int) -> None:
        """Write what was said into the prompt although a person is in it, for enter asked for that."""
        await going_on
        prompt = self.query_one(Prompt)
        if prompt.edits == edits:
            prompt.write(_words(self.session.moment.sequence) + " ")
            self.session.choose_step(prompt.step)  # on the new number, unless the caret has gone elsewhere meanwhile

    def on_caret_moved(self, message: messages.CaretMoved) -> None:
        if message.step < len(self.session.moment.sequence):
            self.session.choose_step(message.step)


@lru_cache(maxsize=4)
def _words(sequence: tuple[int, ...]) -> str:
    return " ".join(map(str, sequence))
