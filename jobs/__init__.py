"""Job entry points for spark-submit, imported as ``tiltyard.jobs``."""
