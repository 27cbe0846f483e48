"""Words in the language of the person whose request this is; English where nobody asked."""

from __future__ import annotations

from collections.abc import Iterable

from django.utils.translation import get_language, gettext

HAN = 0x2E80
"""Letters from here on are Chinese."""


def is_chinese() -> bool:
    """Whether the texts of this request are in Chinese."""
    return (get_language() or "").startswith("zh")


def either(text: object) -> str:
    """Of a label in both languages ("factory 工厂"), the part in the request's language."""
    words = str(text).split(" ")
    chinese = [word for word in words if any(ord(letter) > HAN for letter in word)]
    english = [word for word in words if word not in chinese]
    chosen = chinese if is_chinese() and chinese else english or words
    return " ".join(chosen)


def any_of(parts: Iterable[str]) -> str:
    """Joined by `or`, each once."""
    return gettext(" or ").join(dict.fromkeys(parts))
