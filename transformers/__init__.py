"""Feature stages: Spark ML transformers and estimators, imported as ``tiltyard.transformers``."""

# A top-level `transformers` would be taken for Hugging Face's package, by mlflow.autolog among others.
if __name__ != "tiltyard.transformers":
    raise ImportError(
        f"This folder was imported as {__name__!r}. Write `from tiltyard.transformers import ...` instead;"
        " if Hugging Face's package is meant, start Python outside the Tiltyard checkout."
    )

from tiltyard.transformers.feature_packer import FeaturePacker
from tiltyard.transformers.pivot import Pivot, PivotModel

__all__ = ["FeaturePacker", "Pivot", "PivotModel"]
