"""Model cards: one tenant's champion as a page that people read."""

from tiltyard.cards.answers import moves
from tiltyard.cards.dependence import Dependence, dependence
from tiltyard.cards.page import Card, render

__all__ = ["Card", "Dependence", "dependence", "moves", "render"]
