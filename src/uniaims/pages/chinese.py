"""中文词表。"""

WORDS: dict[str, str] = {}
PATTERNS: dict[str, str] = {}
