"""Feature stages: Spark ML transformers and estimators, imported as ``tiltyard.transformers``."""

# A top-level `transformers` would be taken for Hugging Face's package, by mlflow.autolog among others.
if __name__ != "tiltyard.transformers":
    raise ImportError(
        f"This folder was imported as {__name__!r}. Write `from tiltyard.transformers import ...` instead;"
        " if Hugging Face's package is meant, start Python outside the Tiltyard checkout."
    )

from tiltyard.transformers.calculate import Calculate
from tiltyard.transformers.custom_fields import CustomFields, CustomFieldsModel
from tiltyard.transformers.date_parts import DateParts
from tiltyard.transformers.days_between import DaysBetween
from tiltyard.transformers.descale import Descale
from tiltyard.transformers.drift_filter import DriftFilter, DriftFilterModel
from tiltyard.transformers.email_parts import EmailParts
from tiltyard.transformers.feature_packer import FeaturePacker
from tiltyard.transformers.feature_vector import FeatureVector
from tiltyard.transformers.field_typer import FieldTyper, FieldTyperModel
from tiltyard.transformers.frequency_encode import FrequencyEncode, FrequencyEncodeModel
from tiltyard.transformers.geo_parts import GeoParts
from tiltyard.transformers.history import History
from tiltyard.transformers.holidays import Holidays
from tiltyard.transformers.impute import Impute, ImputeModel
from tiltyard.transformers.job_title import JobTitle
from tiltyard.transformers.magnitude_buckets import MagnitudeBuckets
from tiltyard.transformers.multi_pivot import MultiPivot, MultiPivotModel
from tiltyard.transformers.name_similarity import NameSimilarity
from tiltyard.transformers.numeric_buckets import NumericBuckets
from tiltyard.transformers.phone_parts import PhoneParts
from tiltyard.transformers.pivot import Pivot, PivotModel
from tiltyard.transformers.quantile_buckets import QuantileBuckets, QuantileBucketsModel
from tiltyard.transformers.sanity_checker import SanityChecker, SanityCheckerModel
from tiltyard.transformers.scale import Scale, ScaleModel
from tiltyard.transformers.smart_text import SmartText, SmartTextModel
from tiltyard.transformers.target_encode import TargetEncode, TargetEncodeModel
from tiltyard.transformers.terms import Terms, TermsModel
from tiltyard.transformers.text_stats import TextStats
from tiltyard.transformers.text_target import TextTarget, TextTargetModel
from tiltyard.transformers.time_since import TimeSince, TimeSinceModel
from tiltyard.transformers.tree_buckets import TreeBuckets, TreeBucketsModel
from tiltyard.transformers.url_parts import UrlParts

__all__ = [
    "Calculate",
    "CustomFields",
    "CustomFieldsModel",
    "DateParts",
    "DaysBetween",
    "Descale",
    "DriftFilter",
    "DriftFilterModel",
    "EmailParts",
    "FeaturePacker",
    "FeatureVector",
    "FieldTyper",
    "FieldTyperModel",
    "FrequencyEncode",
    "FrequencyEncodeModel",
    "GeoParts",
    "History",
    "Holidays",
    "Impute",
    "ImputeModel",
    "JobTitle",
    "MagnitudeBuckets",
    "MultiPivot",
    "MultiPivotModel",
    "NameSimilarity",
    "NumericBuckets",
    "PhoneParts",
    "Pivot",
    "PivotModel",
    "QuantileBuckets",
    "QuantileBucketsModel",
    "SanityChecker",
    "SanityCheckerModel",
    "Scale",
    "ScaleModel",
    "SmartText",
    "SmartTextModel",
    "TargetEncode",
    "TargetEncodeModel",
    "Terms",
    "TermsModel",
    "TextStats",
    "TextTarget",
    "TextTargetModel",
    "TimeSince",
    "TimeSinceModel",
    "TreeBuckets",
    "TreeBucketsModel",
    "UrlParts",
]
