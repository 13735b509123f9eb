"""Tiltyard: one pipeline and one tournament of models for every tenant, on Spark and Delta."""

__version__ = "0.1.0"
