"""Pages that are made of the code are made of this code."""

from __future__ import annotations

import runpy
from pathlib import Path

DOCS = Path(__file__).parents[2] / "docs"


def test_the_page_of_stages_is_fresh() -> None:
    made = runpy.run_path(str(DOCS / "stages.py"))
    assert (DOCS / "stages.md").read_text(encoding="utf-8") == made["page"](), "make docs writes it again"
