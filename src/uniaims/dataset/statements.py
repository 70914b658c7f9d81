"""Statements in SQL from anybody, looked through before Polars sees them: they ask the dataset and nothing else.

In the SQL of Polars ``FROM read_csv('...')`` opens any file or address, and there are statements that change tables. So
a statement is read as a row of words, and allowed only if it is one SELECT, its tables are those of the dataset, each
function that it calls is known to be harmless, and joins say what belongs together. Polars gets the words that were
looked at, put together again without comments: whatever was not understood here does not reach it.
"""

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from itertools import pairwise

import polars as pl

from uniaims.errors import SettingsError, did_you_mean

CAN_NOT = "can't be carried out: "
"""Stands in messages before the reason."""
MOST_CHARACTERS = 20_000
"""Characters in a statement."""
MOST_OPEN_BRACKETS = 32
"""Brackets in brackets; Polars itself gives up at some 50."""
FUNCTIONS = frozenset(
    """
    array_agg avg corr count covar covar_pop covar_samp first last max median min quantile_cont quantile_disc stddev
    stddev_samp sum var var_samp variance

    dense_rank first_value lag last_value lead rank row_number

    abs acos acosd asin asind atan atan2 atan2d atand cbrt ceil ceiling cos cosd cot cotd degrees div exp floor ln log
    log10 log1p log2 mod pi pow power radians round sign sin sind sqrt tan tand

    bit_length char_length character_length concat concat_ws ends_with initcap left length lower ltrim octet_length
    position regexp_like replace reverse right rtrim split_part starts_with strpos substr substring trim upper

    cast coalesce columns date date_part extract greatest if ifnull least nullif strftime try_cast
    """.split()  # noqa: SIM905 a list is read as words
)
"""What may be called: over rows, over windows, of numbers, of texts, of anything. None opens a file or makes rows."""

_SYNTAX = frozenset(
    """
    all and any as between by case distinct else except exclude exists filter from having ilike in intersect is join
    like limit not offset on or over qualify regexp rlike select then union using when where with
    char decimal numeric varchar
    """.split()  # noqa: SIM905
)
"""Words that may stand before a bracket without being a function."""
_FROM_INSIDE = frozenset({"extract", "substring", "trim", "position"})
"""Functions within whose brackets FROM is no clause."""
_ENDS = frozenset(
    {"where", "group", "having", "order", "limit", "offset", "union", "intersect", "except", "qualify", "window"}
    | {"fetch", "select"}
)
"""Words that end a FROM clause."""
_JOIN_WORDS = frozenset(
    {"join", "left", "right", "inner", "full", "outer", "natural", "semi", "anti", "cross", "asof", "positional"}
)
"""Words before which the condition of a join ends, unless they are functions."""
_SET_WORDS = frozenset({"union", "intersect", "except", "from", "select"})
_NO_COLUMN = re.compile(
    r"(?:unable to find column|no column named|no table or struct column named) ['\"](?P<name>[^'\"]+)"
)
_NO_SQL = re.compile(r"Expected: (?P<wanted>.*), found: (?P<there>.*?)(?: at Line.*)?$")
_WORDS = re.compile(
    r"""(?P<blank>\s+|--[^\n]*|/\*.*?\*/)
    |(?P<text>'(?:[^']|'')*')
    |(?P<quoted>"(?:[^"]|"")*")
    |(?P<number>(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?(?![A-Za-z_0-9]))
    |(?P<word>[A-Za-z_][A-Za-z_0-9]*)
    |(?P<sign><=>|<>|<=|>=|!=|::|\|\||//|!~\*|~\*|!~|[-+*/%=<>(),.~^])""",
    re.VERBOSE | re.DOTALL | re.ASCII,
)


def answer(tables: Mapping[str, pl.DataFrame | pl.LazyFrame], statement: str) -> pl.DataFrame:
    """Carry out one SELECT over tables.

    Raises:
        SettingsError: if it is none, asks for anything else than the tables, or can't be carried out.
    """
    checked = _checked(statement, tables)
    try:
        return pl.SQLContext(dict(tables)).execute(checked, eager=True)
    except (pl.exceptions.PolarsError, pl.exceptions.PanicException, OSError, ValueError, TypeError) as error:
        raise _refused(statement, _explained(error, tables)) from error


def names_in(statement: str) -> frozenset[str]:
    """The words and quoted names of a statement, in small letters.

    Raises:
        SettingsError: if it can't be read.
    """
    return frozenset(map(_plain, _words(statement)))


def _explained(error: BaseException, tables: Mapping[str, pl.DataFrame | pl.LazyFrame]) -> str:
    """What Polars says, as somebody who knows SQL and not Polars reads it."""
    reason = reason_of(error)
    if found := _NO_COLUMN.search(reason):
        columns = {name: table.lazy().collect_schema().names() for name, table in tables.items()}
        known = list(dict.fromkeys(column for names in columns.values() for column in names))
        listed = "; ".join(f"{name}: {', '.join(names)}" for name, names in columns.items())
        wanted = f" Columns of {listed}." if len(columns) > 1 else ""
        close = did_you_mean(found["name"], known)
        return f"there is no column {found['name']}.{close}{wanted} A text stands in single quotation marks"
    if found := _NO_SQL.search(reason):
        there = "it ends" if found["there"] == "EOF" else f"{found['there']} stands"
        return f"it is no SQL, wanted {found['wanted']} where {there}"
    advice = ": wanted numbers where numbers are asked for, and texts where texts are" if "type" in reason else ""
    return f"Polars says {reason!r}{advice}"


def reason_of(error: BaseException) -> str:
    """First line of what a library says."""
    return re.split(r"[\n;]", str(error))[0].rstrip(".") or type(error).__name__


def check_condition(condition: str) -> None:
    """See that a condition can't be more than what stands behind WHERE.

    Raises:
        SettingsError: if it is the beginning of another SELECT.
    """
    depth, words = 0, _words(condition)
    for i, word in enumerate(words):
        depth += {"(": 1, ")": -1}.get(word, 0)
        is_set_word = depth == 0 and word.lower() in _SET_WORDS and not _is_comparison(words, i)
        if depth < 0 or is_set_word:
            raise _refused(condition, f"{word} can't stand in a condition")


def _checked(statement: str, tables: Collection[str]) -> str:
    """The words of a statement that is allowed, without comments."""
    words = _words(statement)
    if not words or words[0].lower() not in {"select", "with"}:
        raise _refused(
            statement, f"it begins with {words[0] if words else 'nothing'}: wanted SELECT, or WITH and SELECT"
        )
    _Reader(statement, words, tables).read()
    return _joined(words)


def _joined(words: list[str]) -> str:
    """The words with blanks between them, but for those around the point of ``images.split``."""
    parts = [words[0]]
    for before, word in pairwise(words):
        parts += [word] if "." in (before, word) else [" ", word]
    return "".join(parts)


def _words(statement: str) -> list[str]:
    """The words, names, numbers, texts and signs of a statement."""
    if len(statement) > MOST_CHARACTERS:
        raise _refused(statement, f"it has {len(statement):,} characters: wanted at most {MOST_CHARACTERS:,}")
    words, place, text = [], 0, statement.strip().removesuffix(";")
    while place < len(text):
        found = _WORDS.match(text, place)
        if found is None:
            raise _refused(statement, f"{text[place : place + 10]!r} is not understood")
        place = found.end()
        if found.lastgroup == "text" and "\\'" in found[0]:
            raise _refused(statement, "a backslash before a quotation mark can be read in two ways: leave it out")
        if found.lastgroup != "blank":
            words.append(found[0])
    return words


@dataclass
class _Bracket:
    """What is open: a statement or the arguments of a function.

    Attributes:
        function: name of the function whose arguments these are, else "".
        clause: the last of SELECT and FROM, and "" before and after them.
        joins: joins of the FROM clause that have not yet said what belongs together.
    """

    function: str = ""
    clause: str = ""
    joins: int = 0


@dataclass
class _Reader:
    """Goes through the words of a statement once."""

    statement: str
    words: list[str]
    tables: Collection[str]
    _open: list[_Bracket] = field(default_factory=lambda: [_Bracket()])

    def __post_init__(self) -> None:
        named = zip(self.words, self.words[1:], self.words[2:], strict=False)
        own = {name for name, then, bracket in named if (then.lower(), bracket) == ("as", "(")}
        self._names = {_plain(name) for name in (*self.tables, *own)}

    def read(self) -> None:
        """Look at each word, with those around it."""
        for i, word in enumerate(self.words):
            small, before = word.lower(), self._word(i - 1)
            if word == "(":
                self._open_bracket(i, before)
            elif word == ")":
                self._close_bracket()
            elif small == "recursive":
                raise self._refused("a recursive WITH may never end")
            else:
                self._read_clause(i, small)
        if len(self._open) > 1:
            raise self._refused("a bracket is not closed")
        self._end_clause()

    def _word(self, i: int) -> str:
        return self.words[i].lower() if 0 <= i < len(self.words) else ""

    def _refused(self, reason: str) -> SettingsError:
        return _refused(self.statement, reason)

    def _open_bracket(self, i: int, before: str) -> None:
        is_name = bool(re.match(r'[a-z_"]', before))
        if is_name and before not in FUNCTIONS and before not in _SYNTAX:
            raise self._refused(
                f"the function {before} is none of those that may be called: {', '.join(sorted(FUNCTIONS))}"
            )
        holds_tables = self._open[-1].clause == "from" and before in {"from", "join", "("}
        is_table = holds_tables and self._word(i + 1) not in {"select", "with"}
        self._open.append(_Bracket(before if before in FUNCTIONS else "", "from" if is_table else ""))
        if is_table:
            self._check_table(i + 1)
        if len(self._open) > MOST_OPEN_BRACKETS:
            raise self._refused(f"it has more than {MOST_OPEN_BRACKETS} brackets in each other")

    def _close_bracket(self) -> None:
        self._end_clause()
        if len(self._open) == 1:
            raise self._refused("a bracket is closed that was not opened")
        self._open.pop()

    def _read_clause(self, i: int, word: str) -> None:
        here = self._open[-1]
        if word in _ENDS and self._word(i - 1) != "*":
            self._end_clause()
            here.clause = "select" if word == "select" else ""
        elif word == "from" and _is_comparison(self.words, i):
            self._check_comparison(i)
        elif word == "from" and here.function not in _FROM_INSIDE:
            if here.clause != "select":
                raise self._refused("FROM without SELECT before it")
            here.clause = "from"
            self._check_table(i + 1)
        elif here.clause == "from":
            self._read_join(i, word, here)

    def _check_comparison(self, i: int) -> None:
        """Refuse ``a IS DISTINCT FROM b AND c``, which Polars takes for ``a IS DISTINCT FROM (b AND c)``."""
        depth = 0
        for word in self._condition(i + 1):
            depth += {"(": 1, ")": -1}.get(word, 0)
            if depth == 0 and word in {"and", "or"}:
                raise self._refused(
                    f"{word.upper()} behind IS DISTINCT FROM can be read in two ways: put brackets around the latter"
                )

    def _read_join(self, i: int, word: str, here: _Bracket) -> None:
        if word == "," or word in {"cross", "lateral"}:
            raise self._refused(
                "every row with every row is too much: say what belongs together, JOIN ... USING (image_id)"
            )
        if word == "join":
            self._end_joins()
            here.joins += self._word(i - 1) != "natural" and "natural" not in self._since_table(i)
            self._check_table(i + 1)
        elif word == "using" or (word == "on" and self._is_matching(i)):
            here.joins -= 1

    def _is_matching(self, i: int) -> bool:
        """Whether the condition behind the ON at ``i`` holds for rows only that match in a column of both tables."""
        joined, words = _plain(self._word(i - 1)), self._condition(i + 1)
        while words[:1] == ["("] and _closing(words) == len(words) - 1:
            words = words[1:-1]
        parts, depth = list[list[str]]([[]]), 0
        for word in words:
            depth += {"(": 1, ")": -1}.get(word, 0)
            if depth == 0 and word == "or":
                return False
            if depth == 0 and word == "and":
                parts.append([])
            else:
                parts[-1].append(word)
        return any(_joins(part, joined) for part in parts)

    def _condition(self, start: int) -> list[str]:
        """The words from ``start`` to where the condition of a join ends."""
        depth, stop = 0, start
        while stop < len(self.words):
            word, is_call = self._word(stop), self._word(stop + 1) == "("
            depth += {"(": 1, ")": -1}.get(word, 0)
            if depth < 0 or (depth == 0 and not is_call and word in _ENDS | _JOIN_WORDS):
                break
            stop += 1
        return [self._word(k) for k in range(start, stop)]

    def _since_table(self, i: int) -> list[str]:
        """The words directly before JOIN: LEFT, OUTER, NATURAL and so on."""
        return [self._word(k) for k in range(max(0, i - 3), i)]

    def _check_table(self, i: int) -> None:
        name = self._word(i)
        if name != "(" and (_plain(name) not in self._names or self._word(i + 1) in {"(", "."}):
            raise self._refused(f"{name or 'nothing'} is no table of the dataset: wanted {' or '.join(self.tables)}")

    def _end_joins(self) -> None:
        if self._open[-1].joins > 0:
            raise self._refused(
                "a join does not say by which columns of both tables: JOIN ... USING (image_id), or ON a.x = b.x"
            )

    def _end_clause(self) -> None:
        if self._open[-1].clause == "from":
            self._end_joins()


def _joins(words: list[str], joined: str) -> bool:
    """Whether words are ``a.x = b.y``, where one of the tables is the one that is joined and the other is not."""
    if len(words) != 7 or [words[k] for k in (1, 3, 5)] != [".", "=", "."]:
        return False
    return (_plain(words[0]) == joined) != (_plain(words[4]) == joined)


def _closing(words: list[str]) -> int:
    """Place of the bracket that closes the one at the start."""
    depth = 0
    for place, word in enumerate(words):
        depth += {"(": 1, ")": -1}.get(word, 0)
        if depth == 0:
            return place
    return -1


def _is_comparison(words: list[str], i: int) -> bool:
    """Whether the FROM at ``i`` is that of ``IS [NOT] DISTINCT FROM``, which compares and is no clause."""
    before = [word.lower() for word in words[max(0, i - 3) : i]]
    return before[-2:] == ["is", "distinct"] or before == ["is", "not", "distinct"]


def _plain(name: str) -> str:
    """A name as it is compared: without quotation marks, in small letters."""
    return name.strip('"').lower()


def _refused(statement: str, reason: str) -> SettingsError:
    return SettingsError(f"{_short(statement)} {CAN_NOT}{reason}.")


def _short(text: str) -> str:
    return repr(text if len(text) <= 200 else text[:200] + "...")
