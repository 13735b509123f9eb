"""The language of a text, by a model that comes with its library."""

from __future__ import annotations

from functools import cache
from typing import Any

# Less probable than this, no language is named. Measured on 45,000 distinct program messages of up to 100
# characters in 27 languages: 82 % get a language, 95 % of those the right one, and 99.6 % of the texts called
# English are. A bound on length would do worse: two Japanese characters are sure, "call back" is not.
_LEAST_PROBABILITY = 0.3


def language_of(text: str) -> str | None:
    """ISO 639-1 code of a text's language; None without letters, or if no language is likely enough.

    Examples
    --------
    >>> [language_of(text) for text in ("Alles hat ein Ende", "ok", "+49 30 123456")]
    ['de', None, None]
    """
    # Digits and marks of one script alone look like a language to the model.
    if not any(map(str.isalpha, text)):
        return None
    language, _ = _identifier().classify(text)
    return language if len(language) == 2 else None


@cache
def _identifier() -> Any:
    """The model, once for each process: it takes a second and 100 MB."""
    from py3langid.langid import MODEL_FILE, LanguageIdentifier

    model = LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True, min_confidence=_LEAST_PROBABILITY)
    # Longer codes are languages outside ISO 639-1; but "zxx", for no language at all, draws numbers and links.
    model.set_languages([code for code in model.labels if len(code) == 2 or code == "zxx"])
    return model
