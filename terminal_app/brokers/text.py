"""Text from a broker made safe to show and to log."""

from __future__ import annotations

import html
import re
import unicodedata

MASK = "••••••"

# Marks of tags: a letter, a slash or an exclamation mark right after the bracket, so that "price < 5" stays.
_TAG = re.compile(r"<(?:!--.*?(?:-->|$)|[/!?]?[A-Za-z][^<>]*(?:>|$))", re.DOTALL)
_OPENING = re.compile(r"<(?=[/!?A-Za-z])")  # of a tag that another one cut short
_UNSEEN_ELEMENT = re.compile(r"<(script|style)\b.*?(?:</\1\s*>|$)", re.DOTALL | re.IGNORECASE)
_TELLING = (
    r"(?:api[_-]?key|api[_-]?secret|client[_-]?secret|client[_-]?id|(?:access|refresh|request|feed|public|enc|auth|jwt)[_-]?token|"
    r"token|secret|password|passwd|pin|mpin|totp|otp|checksum|signature|code|authorization|cookie|session(?:[_-]?id)?)"
)
_NAMED = re.compile(
    rf"(?P<name>\b{_TELLING}[\"']?\s*[=:]\s*[\"']?)(?:(?:token|bearer|basic)\s+)?(?P<value>[^\s\"'&,;<>}}]{{4,}})",
    re.IGNORECASE,
)
_SCHEME = re.compile(r"\b(?P<name>(?:bearer|basic|token)\s+)(?P<value>[A-Za-z0-9._~+/:=-]{8,})", re.IGNORECASE)
_JWT = re.compile(r"\beyJ[A-Za-z0-9_-]{5,}(?:\.[A-Za-z0-9_-]*){0,2}")
_WORD = re.compile(r"(?<![A-Za-z0-9_./+=-])[A-Za-z0-9_./+=-]{16,}(?![A-Za-z0-9_./+=-])")
_MIN_SECRET = 24
_UUID_OR_DATE = re.compile(r"\d[\d.:TZ+-]*$")


def clean(text: str, limit: int = 300) -> str:
    """One line of at most ``limit`` characters: no control characters, no tags, nothing that looks like a secret."""
    shown = html.unescape(_without_tags(text[: 50 * limit]))
    shown = _OPENING.sub(" ", _without_tags(shown))  # a tag may have been hidden behind entities
    shown = "".join(" " if _is_hidden(character) else character for character in shown)
    shown = " ".join(shown.split())
    shown = _masked(shown)
    return shown if len(shown) <= limit else shown[: max(0, limit - 1)].rstrip() + "…"


def _without_tags(text: str) -> str:
    return _TAG.sub(" ", _UNSEEN_ELEMENT.sub(" ", text))


def _is_hidden(character: str) -> bool:
    # Cc and Cf hold the control and the direction marks, Co and Cs what no font can show, Zl and Zp break lines.
    return unicodedata.category(character) in {"Cc", "Cf", "Co", "Cs", "Cn", "Zl", "Zp"}


def _masked(text: str) -> str:
    text = _JWT.sub(MASK, text)
    text = _SCHEME.sub(lambda found: found["name"] + MASK if _has_digit(found["value"]) else found[0], text)
    text = _NAMED.sub(lambda found: found["name"] + MASK if _is_value(found["value"]) else found[0], text)
    return _WORD.sub(lambda found: MASK if _looks_secret(found[0]) else found[0], text)


def _has_digit(text: str) -> bool:
    return any(character.isdigit() for character in text)


def _is_value(text: str) -> bool:
    # "code: UDAPI100050" and "token: invalid" are words of the broker's; a value mixes letters and digits or is long.
    if text.isalpha():
        return len(text) >= _MIN_SECRET
    return not re.fullmatch(r"[A-Z]{2,10}[-_]?\d{1,7}", text)


def _looks_secret(word: str) -> bool:
    """Long, of mixed kinds, and no address, path, date or number."""
    core = word.strip("./+=-_")
    if _UUID_OR_DATE.fullmatch(core) or ("/" in core.strip("/") and "." in core):
        return False
    kinds = sum((_has_digit(core), any(c.islower() for c in core), any(c.isupper() for c in core)))
    is_hex = re.fullmatch(r"[0-9a-f]{24,}|[0-9A-F]{24,}", core) is not None
    return is_hex or (len(core) >= _MIN_SECRET and _has_digit(core) and kinds >= 2 and core.isascii())
