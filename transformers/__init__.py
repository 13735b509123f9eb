"""Feature stages: Spark ML transformers and estimators, imported as ``tiltyard.transformers``."""

# A top-level `transformers` would be taken for Hugging Face's package, by mlflow.autolog among others.
if __name__ != "tiltyard.transformers":
    raise ImportError(
        f"This folder was imported as {__name__!r}. Write `from tiltyard.transformers import ...` instead;"
        " if Hugging Face's package is meant, start Python outside the Tiltyard checkout."
    )

from tiltyard.transformers.calculate import Calculate
from tiltyard.transformers.date_parts import DateParts
from tiltyard.transformers.descale import Descale
from tiltyard.transformers.feature_packer import FeaturePacker
from tiltyard.transformers.feature_vector import FeatureVector
from tiltyard.transformers.field_typer import FieldTyper, FieldTyperModel
from tiltyard.transformers.impute import Impute, ImputeModel
from tiltyard.transformers.magnitude_buckets import MagnitudeBuckets
from tiltyard.transformers.numeric_buckets import NumericBuckets
from tiltyard.transformers.pivot import Pivot, PivotModel
from tiltyard.transformers.quantile_buckets import QuantileBuckets, QuantileBucketsModel
from tiltyard.transformers.scale import Scale, ScaleModel
from tiltyard.transformers.tree_buckets import TreeBuckets, TreeBucketsModel

__all__ = [
    "Calculate",
    "DateParts",
    "Descale",
    "FeaturePacker",
    "FeatureVector",
    "FieldTyper",
    "FieldTyperModel",
    "Impute",
    "ImputeModel",
    "MagnitudeBuckets",
    "NumericBuckets",
    "Pivot",
    "PivotModel",
    "QuantileBuckets",
    "QuantileBucketsModel",
    "Scale",
    "ScaleModel",
    "TreeBuckets",
    "TreeBucketsModel",
]
