"""Proposing an app from a table: what identifies its rows, what it predicts, and what each column is."""

from tiltyard.proposal.file import render
from tiltyard.proposal.propose import Proposal, Wishes, propose

__all__ = ["Proposal", "Wishes", "propose", "render"]
