"""How a command ends: its exit code, what it says about an error, its last line.

0 ok, 1 unexpected, 2 usage or configuration, 3 data contract, 4 too many tenants failed, 5 alerts firing,
75 try again, 130 interrupted, 143 terminated.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from typing import Any

from tiltyard.errors import DataContractError, TiltyardError, TryAgain

INTERRUPTED = 130  # 128 + SIGINT, as shells say it
_MAX_MESSAGE = 600  # characters of a foreign error; Spark's go on with plans and stacks


def exit_code(error: BaseException) -> int:
    """Return the exit code of an error.

    Examples
    --------
    >>> exit_code(DataContractError("no")), exit_code(KeyError("x")), exit_code(KeyboardInterrupt())
    (3, 1, 130)
    """
    if isinstance(error, TiltyardError):
        return error.exit_code
    if isinstance(error, KeyboardInterrupt):
        return INTERRUPTED
    if _is_concurrent_write(error):
        return TryAgain.exit_code
    if _condition(error) == "USER_RAISED_EXCEPTION":  # a check inside an expression, such as the label's
        return DataContractError.exit_code
    return 1


def short_message(error: BaseException) -> str:
    """Return what happened in a few lines, without Spark's plans and stacks."""
    if isinstance(error, TiltyardError):
        return str(error)
    if isinstance(error, KeyboardInterrupt):
        return "interrupted"
    first = str(error).strip().partition("\n\n")[0].partition("\nJVM stacktrace")[0]
    text = first if len(first) <= _MAX_MESSAGE else f"{first[:_MAX_MESSAGE]}..."
    return f"{type(error).__name__}: {text}" if text else type(error).__name__


def _is_concurrent_write(error: BaseException) -> bool:
    from delta import exceptions

    # They share no base of their own.
    return isinstance(error, tuple(getattr(exceptions, name) for name in exceptions.__all__))


def _condition(error: BaseException) -> str | None:
    condition = getattr(error, "getCondition", None)
    return condition() if callable(condition) else None


def last_line(summary: Mapping[str, Any]) -> str:
    """Return a summary as one line of JSON; numbers that are none become null.

    Examples
    --------
    >>> last_line({"auroc": float("nan"), "rows": 3})
    '{"auroc": null, "rows": 3}'
    """
    return json.dumps(_finite(summary), default=str)


def _finite(value: Any) -> Any:
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, Mapping):
        return {str(name): _finite(item) for name, item in value.items()}
    return [_finite(item) for item in value] if isinstance(value, list | tuple) else value
