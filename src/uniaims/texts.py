"""The text of a stranger's file: in which encoding it is, decided by its bytes.

Most texts are UTF-8. Windows also writes UTF-16, a mark in front of UTF-8, and the encoding of the country: GB 18030 in
China, Windows-1252 in western Europe. No text says which, so it is judged by what letters come out; where two make
sense, or none, the text is refused rather than read wrong.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from uniaims.errors import InputError

_MARKS = (
    (b"\xef\xbb\xbf", "utf-8"),
    (b"\xff\xfe\0\0", "utf-32-le"),
    (b"\0\0\xfe\xff", "utf-32-be"),
    (b"\xff\xfe", "utf-16-le"),
    (b"\xfe\xff", "utf-16-be"),
)
_LOOKED_AT_BYTES = 4096
_MOST_FOREIGN_SHARE = 0.1
"""Share of letters that may be rare in a text that is taken for Chinese, or odd in one taken for western."""
_FOREIGN_BYTES = re.compile(rb"[A-Za-z]?[\x80-\xff]+[A-Za-z]?")
_WESTERN_SIGNS = frozenset("€‚„…†‰‘’“”•–—™ ¡£§©ª«¬­®¯°±²³´µ¶·¹º»¼½¾¿×÷")
_ADVICE = "Save it as UTF-8: in Notepad under 'Save as', or with `iconv -f ENCODING -t UTF-8`."
_NAMES = {
    "gb18030": "GB 18030",
    "cp1252": "Windows-1252",
    "cp932": "Shift-JIS",
    "big5": "Big5",
    "euc_kr": "EUC-KR",
    "cp1251": "Windows-1251",
}
_MICROMETRES = {b"\x83\xcam": "cp932", b"\xa6\xccm": "gb18030"}
"""A Greek mu before the m of a unit of length: it makes no sense in any other encoding."""
_LATIN_LETTERS = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"


@dataclass(frozen=True)
class Text:
    """A text and the encoding it was in; ``warnings`` are sentences that the user should read."""

    text: str
    encoding: str
    warnings: tuple[str, ...] = ()


def read_text(path: Path) -> Text:
    """Read a text file; see `decoded`.

    Raises:
        InputError: if it is in no encoding that can be told.
    """
    return decoded(path.read_bytes(), str(path))


def read_unicode(path: Path) -> str:
    """Read a text that has to be in UTF-8 or UTF-16, as a table of ours.

    Raises:
        InputError: if it is in another encoding, which is named.
    """
    text = read_text(path)
    if text.warnings:
        raise InputError(f"{text.warnings[0]} Wanted UTF-8. {_ADVICE}")
    return text.text


def decoded(data: bytes, what: str) -> Text:
    """Text from its bytes: with a mark, UTF-16 without one, UTF-8, GB 18030 or Windows-1252; no letter is replaced.

    Args:
        data: the bytes.
        what: names the text in errors and warnings.

    Raises:
        InputError: if it is in none of these, or it can't be told in which.
    """
    encoding, start = _marked(data)
    try:
        return Text(data[start:].decode(encoding or "utf-8"), encoding or "utf-8")
    except UnicodeDecodeError as error:
        if encoding:
            raise InputError(f"{what} begins as {encoding}, and goes on otherwise ({error}). {_ADVICE}") from error
    return _national(data, what)


def readable(data: bytes) -> str:
    """The same, without NULs, for texts of which numbers matter more than words, as those of instruments.

    Where the encoding can't be told letters may be wrong, or replaced.
    """
    try:
        text = decoded(data, "a text").text
    except InputError:
        encoding, start = _marked(data)
        text = data[start:].decode(encoding or _by_micrometres(data) or "cp1252", "replace")
    return text.replace("\0", "")


def glimpse(data: bytes) -> str:
    """What can be read of the start of a text, cut anywhere, to see what it is; what can't be decoded is left out."""
    encoding, start = _marked(data)
    return data[start:].decode(encoding or "utf-8", "ignore")


def _marked(data: bytes) -> tuple[str, int]:
    """Encoding by the mark in front, and the length of that; UTF-16 without one is known by its NULs."""
    for mark, encoding in _MARKS:
        if data.startswith(mark):
            return encoding, len(mark)
    head = data[: _LOOKED_AT_BYTES // 2 * 2]
    even, odd = head[0::2].count(0), head[1::2].count(0)
    if 2 * odd > len(head) // 2 and 10 * even < odd:
        return "utf-16-le", 0
    if 2 * even > len(head) // 2 and 10 * odd < even:
        return "utf-16-be", 0
    return "", 0


def _national(data: bytes, what: str) -> Text:
    """Text in the encoding of a country."""
    found = _FOREIGN_BYTES.findall(data)
    encoding = _by_micrometres(data)
    chinese, western = _makes_sense(found, _is_chinese), _makes_sense(found, _is_western)
    if encoding or chinese != western:
        encoding = encoding or ("gb18030" if chinese else "cp1252")
        try:
            note = f"{what} is not UTF-8 and was read as {_NAMES[encoding]} ({_sample(found, encoding)!r})."
            return Text(data.decode(encoding), encoding, (note,))
        except UnicodeDecodeError:  # some letters are of another encoding, so nobody knows which it is
            pass
    samples = {name: _sample(found, encoding) for encoding, name in _NAMES.items()}
    possible = ", ".join(f"{name} ({sample!r})" for name, sample in samples.items() if sample)
    raise InputError(f"{what} is not UTF-8; it may be {possible or 'no text at all'}. {_ADVICE}")


def _by_micrometres(data: bytes) -> str:
    return next((encoding for sign, encoding in _MICROMETRES.items() if sign in data), "")


def _makes_sense(found: list[bytes], fits: Callable[[bytes], bool]) -> bool:
    """Whether nearly all stretches of foreign bytes are of an encoding."""
    return sum(not fits(stretch) for stretch in found) <= _MOST_FOREIGN_SHARE * len(found)


def _is_chinese(stretch: bytes) -> bool:
    """Whether bytes above 127, with the letters beside them, are pairs of GB 2312, as nearly all Chinese texts have.

    One rare sign between two Latin letters is none of them: it is two letters of a western word, as in "Größe".
    """
    inside = stretch.strip(_LATIN_LETTERS)
    try:
        text = inside.decode("gb2312")
    except UnicodeDecodeError:
        return False
    is_rare = len(text) == 1 and inside[0] >= 0xD8
    return not (is_rare and len(stretch) == len(inside) + 2)


def _is_western(stretch: bytes) -> bool:
    """Whether bytes above 127 are one or two letters of a word, or signs, in Windows-1252."""
    inside = stretch.strip(_LATIN_LETTERS)
    try:
        text = inside.decode("cp1252")
    except UnicodeDecodeError:
        return False
    letters = "".join(letter for letter in text if letter.isalpha() and letter not in "ªµº")
    if not all(letter.isalpha() or letter in _WESTERN_SIGNS for letter in text):
        return False
    is_word = len(letters) <= 2 and (letters.islower() or letters.isupper() or not letters)
    in_word = len(text) == 1 or len(stretch) > len(inside) or not letters
    return is_word and in_word and len(text) <= 2


def _sample(found: list[bytes], encoding: str) -> str:
    """The first foreign letters as an encoding reads them; empty where it can't."""
    try:
        texts = [stretch.decode(encoding) for stretch in found[:20]]
    except UnicodeDecodeError:
        return ""
    return texts[0][:20] if all(letter.isprintable() for text in texts for letter in text) else ""
