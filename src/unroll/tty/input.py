"""What a terminal sends, split into whole sequences before Textual's parser sees it.

Fed byte by byte, Textual's parser dies of some input (`CSI 1114112u`), types the rest of a torn or unknown sequence as
keys, and takes every key for pasted text once the end of a paste is lost. Here

    text               goes on character by character; bytes that are no UTF-8 are left out
    a key              is told as a Latin layout has it, with the text that it types on the layout in use
    a sequence         goes on when it is whole (ECMA-48); one that stops half-way is waited for, then dropped
    ESC                is the escape key if no sequence follows; the rest of one that comes a little later still counts
    a paste            goes on when its end has come, or nothing more for a while; no key of it is pressed
    unknown sequences  are dropped, and so is what the parser fails on

Reads no descriptor and no clock: it is told the time in seconds.
"""

import re
import unicodedata
from codecs import getincrementaldecoder
from collections.abc import Iterator
from contextlib import suppress

from textual.events import Key, Paste, Resize
from textual.message import Message

from unroll.tty.textual_patches import XTermParser

ESCAPE_DELAY_S = 0.1
"""Seconds without input after which a lone ESC is the escape key."""
SEQUENCE_TIMEOUT_S = 1.0
"""Seconds without input after which half a sequence is dropped, or a paste counts as ended."""
MAX_SEQUENCE = 32
"""Characters of the longest sequence that the parser takes: a longer one it types as keys."""
MAX_PENDING = 4096
"""Characters within which a sequence must end."""
MAX_PASTE = 2**20
"""Bytes kept of a paste; the rest is dropped."""

PASTE, PASTE_END = "\x1b[200~", "\x1b[201~"

_whole = re.compile(
    r"""[^\x1b]+                                   # text
      | \x1b (?=[\x1b\x80-\xff])                   # the escape key, and another sequence or text
      | \x1b\[M [^\x1b]{3} | \x1b\[\[ [^\x1b]      # a click in the oldest form; function keys of the Linux console
      | \x1b\[ (?![M\[]) [ -?]* [@-~]             # CSI, its parameters in any form
      | \x1b\[ [ -?]* (?=[^ -~])                  # CSI cut short by what can be no part of it
      | \x1bO [0-?]* [@-~] | \x1bO [0-?]* (?=[^0-~])             # SS3
      | \x1b[]PX^_] [^\x07\x1b]* (?: \x07 | \x1b\\ | (?=\x1b[^\\]))  # a string
      | \x1b[^]\x1b\[OPX^_]                        # alt and a key, or on a slow line escape and a key
    """,
    re.VERBOSE,
).match
_end_or_answer = re.compile(r"\x1b\[201~|\x1b\[\?\d+;\d\$y").search
_kitty_key = re.compile(r"\x1b\[(\d+)(?::\d*)?(?::(\d+))?(?:;(\d*)(?::\d+)?(?:;([\d:]*))?)?u").fullmatch
"""A key's code, its code on a Latin layout, modifiers and text: sw.kovidgoyal.net/kitty/keyboard-protocol."""
_SHIFT, _ALT, _CTRL = 1, 2, 4
_KEYPAD = {str(57399 + at): key for at, key in enumerate("0123456789./*-+\r=,")}
_LAYOUTS = (
    "йцукенгшщзхъфывапролджэячсмитьбю",
    ";ςερτυθιοπ[]ασδφγηξκλ΄'ζχψωβνμ,.",
    "/'קראטוןםפ][שדגכעיחלךף,זסבהנמצתץ",
    "ضصثقفغعهخحجدشسيبلاتنمكطئءؤرﻻىةوز",
)
_LATIN = {glyph: key for row in _LAYOUTS for glyph, key in zip(row, "qwertyuiop[]asdfghjkl;'zxcvbnm,.", strict=True)}
"""The keys of Cyrillic, Greek, Hebrew and Arabic layouts, for terminals that do not tell a key's place."""
_SHIFTED = str.maketrans("`1234567890-=[]\\;',./", '~!@#$%^&*()_+{}|:"<>?')
_off_screen = re.compile(r"(?<=;)(-\d+|0)(?=[;Mm])")
_PARSER_STATE = ("last_x", "last_y", "mouse_pixels", "terminal_size", "terminal_pixel_size")


class InputParser:
    """Bytes in, Textual's messages out. `now` is a time in seconds, from any start."""

    def __init__(self) -> None:
        self._decode = getincrementaldecoder("utf-8")("ignore").decode
        self._parser = XTermParser()
        self._foreign = False  # whether the last letter was not of the Latin alphabet
        self._pending = ""  # a character a byte
        self._paste: str | None = None
        self._escape_sent = False
        self._heard = 0.0

    def feed(self, data: bytes, now: float) -> Iterator[Message]:
        """The messages that these bytes complete."""
        text = data.decode("latin-1")
        if self._escape_sent and (now - self._heard >= SEQUENCE_TIMEOUT_S or text[:1] not in ("", "[")):
            self._pending, self._escape_sent = "", False
        self._heard = now
        self._pending += text
        while self._pending and (token := self._next()) is not None:
            yield from self._messages(token)

    def tick(self, now: float) -> Iterator[Message]:
        """What follows from silence; to be called at least ten times a second."""
        silence = now - self._heard
        if self._pending == "\x1b" and self._paste is None and not self._escape_sent:
            if silence >= ESCAPE_DELAY_S:
                self._escape_sent = True
                yield Key("escape", "\x1b")
        elif silence >= SEQUENCE_TIMEOUT_S:
            if self._paste is not None:
                yield Paste(self._pasted(self._pending))
            self._pending, self._escape_sent = "", False

    def _next(self) -> str | None:
        """Take the next whole token off what is pending; `None` if there is none yet."""
        if self._paste is not None:
            return self._take_paste()
        found = _whole(self._pending)
        if found is None:
            if len(self._pending) > MAX_PENDING:
                self._pending = ""
            return None
        self._pending = self._pending[found.end() :]
        return found[0]

    def _take_paste(self) -> str | None:
        """Collect what is pasted; at its end, the whole of it as a token. An answer of the terminal may stand in it."""
        assert self._paste is not None
        end = _end_or_answer(self._pending)
        taken = end.start() if end else max(0, len(self._pending) - MAX_SEQUENCE)
        self._paste += self._pending[: min(taken, MAX_PASTE - len(self._paste))]
        self._pending = self._pending[end.end() if end else taken :]
        return end and end[0].replace(PASTE_END, PASTE)

    def _messages(self, token: str) -> Iterator[Message]:
        sent, self._escape_sent = self._escape_sent, False
        if token == PASTE and self._paste is not None:
            yield Paste(self._pasted())
        elif token == PASTE:
            self._paste = ""
        elif token == "\x1b":
            yield from () if sent else [Key("escape", "\x1b")]
        elif token[0] != "\x1b":
            for character in self._decode(token.encode("latin-1")):
                yield from self._typed(character, self._on_latin(character))
        else:
            yield from self._of_sequence(token)

    def _pasted(self, rest: str = "") -> str:
        assert self._paste is not None
        text, self._paste = self._paste + rest, None
        return text.replace("\x00", "").encode("latin-1").decode(errors="ignore")

    def _of_sequence(self, sequence: str) -> Iterator[Message]:
        """What the parser makes of a sequence; sizes are left out: the window itself is asked for its size."""
        is_string = len(sequence) > 2 and sequence[1] in "]PX^_"
        messages = [] if is_string or len(sequence) > MAX_SEQUENCE else self._of_whole(sequence)
        if not messages:
            self._reset_parser()
        if len(sequence) > 2 or any(isinstance(message, Key) and not message.is_printable for message in messages[:1]):
            yield from (message for message in messages if not isinstance(message, Resize))
        else:
            yield Key("escape", "\x1b")
            yield from self._parsed(sequence[1])

    def _of_whole(self, sequence: str) -> list[Message]:
        """What a sequence says; a key of the kitty protocol may name the code that it has on a Latin layout."""
        found = _kitty_key(sequence)
        if found is None:
            return self._parsed(_off_screen.sub("1", sequence) if sequence[-1] in "Mm" else sequence)
        code, base, modifiers, text = found.groups(default="")
        with suppress(ValueError, OverflowError):
            bits = int(modifiers or 1) - 1
            key = _KEYPAD.get(code) or chr(int(code))
            typed = "".join(chr(int(part)) for part in text.split(":") if part)
            if code in _KEYPAD and key.isprintable() and not bits & (_ALT | _CTRL):
                typed = key
            latin = self._on_latin(typed or key, base and chr(int(base)), bool(typed) and bool(bits & _SHIFT))
            if len(typed) < 2 or latin != typed:  # else a text without a key
                return self._typed(typed, f"\x1b[{ord(latin)};{modifiers};{ord(latin) if typed else ''}u")
        return self._parsed(sequence)

    def _on_latin(self, glyph: str, base: str = "", shifted: bool = False) -> str:
        """The key that types `glyph`, by its Latin character: `base` without shift, if the terminal has told it.

        Some Hebrew and Greek letter keys type ASCII signs: that is known from the letter before.
        """
        if glyph.isalpha():
            self._foreign = glyph[0] > "\u036f" and not unicodedata.name(glyph[0], "LATIN").startswith("LATIN")
        if not self._foreign or (glyph.isascii() and not base.isalpha()):
            return glyph
        key = base or _LATIN.get(glyph.lower(), glyph)
        return key.translate(_SHIFTED).upper() if key != glyph and (shifted or glyph.isupper()) else key

    def _typed(self, text: str, key: str) -> list[Message]:
        """The message of a key, by its sequence on a Latin layout, that types a text."""
        messages = self._parsed(key)
        for message in messages:
            if isinstance(message, Key) and text:
                message.character = text
        return messages

    def _parsed(self, text: str) -> list[Message]:
        with suppress(Exception):
            return list(self._parser.feed(text))
        self._reset_parser()
        return []

    def _reset_parser(self) -> None:
        """Another parser with the same state: this one failed, or waits for the rest of a sequence it does not know."""
        old, self._parser = self._parser, XTermParser()
        for name in _PARSER_STATE:
            setattr(self._parser, name, getattr(old, name))
