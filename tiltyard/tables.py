"""The warehouse: the only code that reads and writes Tiltyard's Delta tables."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from functools import partial
from pathlib import Path
from weakref import WeakKeyDictionary

from delta.tables import DeltaMergeBuilder, DeltaTable
from pyspark.sql import Column, DataFrame, DataFrameWriter, SparkSession
from pyspark.sql import functions as F
from pyspark.sql.types import ArrayType, DataType, MapType, StructField, StructType

from tiltyard.errors import ConfigError, DataContractError
from tiltyard.schemas import TABLES, Table
from tiltyard.threads import side_by_side

Value = str | int | date | datetime | None
Where = Mapping[str, Value | Sequence[Value]]

_USER_METADATA = "spark.databricks.delta.commitInfo.userMetadata"
# Commits looked back for one's own version: more concurrent commits in one write's time are not expected.
_HISTORY = 50
_locks: WeakKeyDictionary[SparkSession, threading.Lock] = WeakKeyDictionary()


@dataclass(frozen=True)
class Merged:
    """What an upsert did: the table version after it, and how many rows are new or changed."""

    version: int
    inserted: int
    updated: int


def quoted(identifier: str) -> str:
    """Return an identifier in backticks.

    >>> quoted("odd`name")
    '`odd``name`'
    """
    return "`" + identifier.replace("`", "``") + "`"


def literal(value: Value) -> str:
    r"""Return a value as a SQL literal that no text can escape from.

    >>> print(literal("O'Hare \\ 1"))
    'O\'Hare \\ 1'
    >>> literal(date(2013, 1, 31))
    "DATE '2013-01-31'"
    >>> literal(datetime.fromisoformat("2013-01-31T12:00:00+00:00"))
    "TIMESTAMP '2013-01-31 12:00:00+00:00'"
    """
    if isinstance(value, str):
        return "'" + value.replace("\\", "\\\\").replace("'", "\\'") + "'"
    if isinstance(value, datetime):
        return f"TIMESTAMP '{value.isoformat(sep=' ')}'"
    if isinstance(value, date):
        return f"DATE '{value.isoformat()}'"
    return "NULL" if value is None else str(int(value))


def predicate(where: Where, alias: str = "") -> str:
    """Return a null-safe SQL condition: every column equals its value, or one of its values.

    >>> predicate({"app": "flights", "tenant": ["UA", None]})
    "`app` = 'flights' AND (`tenant` IN ('UA') OR `tenant` IS NULL)"
    """
    if not where:
        raise ConfigError("A replacing write must name the rows it replaces, got an empty condition.")
    prefix = f"{alias}." if alias else ""
    return " AND ".join(_condition(prefix + quoted(name), value) for name, value in where.items())


def _condition(column: str, value: Value | Sequence[Value]) -> str:
    if value is None:
        return f"{column} IS NULL"
    if isinstance(value, str | int | date):
        return f"{column} = {literal(value)}"
    known = ", ".join(literal(one) for one in value if one is not None)
    parts = [f"{column} IN ({known})"] if known else []
    parts += [f"{column} IS NULL"] if None in value else []
    return f"({' OR '.join(parts)})" if parts else "FALSE"


class Warehouse:
    """All tables of one Tiltyard installation.

    Parameters
    ----------
    spark : a Delta-enabled session
    root : a folder or URL (tables are `<root>/<name>`), or `catalog.schema`; write a folder whose
        name looks like `catalog.schema` as `./catalog.schema`
    artifacts : folder of saved pipelines, default `<root>/artifacts`; needed with `catalog.schema`
    """

    def __init__(self, spark: SparkSession, root: str, artifacts: str | None = None) -> None:
        self.spark = spark
        self.in_catalog = re.fullmatch(r"\w+\.\w+", root) is not None
        self.root = root if self.in_catalog or "://" in root else str(Path(root).expanduser().absolute())
        self._artifacts = artifacts

    def create(self) -> None:
        """Create every declared table that is not there yet; one commit for each."""
        missing = [table for table in TABLES.values() if not self._exists(table.name)]
        side_by_side(self.spark, {table.name: partial(self._create, table) for table in missing})

    def read(self, name: str, version: int | None = None) -> DataFrame:
        """Return a declared table, as it is now or as it was at a version.

        Columns that it was declared without when it was made are null; the next write adds them.
        """
        table = _declared(name)
        found = self._read(table.name, version)
        new = [field for field in table.schema if field.name not in found.columns]
        return (
            found.select("*", *[F.lit(None).cast(one.dataType).alias(one.name) for one in new])
            if new
            else found
        )

    def version(self, name: str) -> int:
        """Return the table's current version."""
        return self._version(_declared(name).name)

    def replace(self, name: str, frame: DataFrame, where: Where, run_id: str) -> int:
        """Replace exactly the rows matching `where` by the frame, in one commit.

        Columns are matched by name and cast to the declared types. Rows of the frame outside `where` fail
        the write. Two writers of the same rows must not work at once: the ledger of runs sees to that.

        Returns
        -------
        The table version of this commit.

        Raises
        ------
        DataContractError : the frame lacks a declared column or has an undeclared one
        """
        table = _declared(name)
        rows, replaced = _within(_conform(frame, table), where), predicate(where)
        if self._read(table.name).where(replaced).isEmpty():  # a first run: adding spares Delta the search
            self._append(rows, table, run_id)
        else:
            writer = rows.write.format("delta").mode("overwrite").option("replaceWhere", replaced)
            self._save(writer, table, run_id)
        return self._version(table.name, run_id)

    def merge(
        self, name: str, frame: DataFrame, on: Sequence[str], run_id: str, where: Where | None = None
    ) -> int:
        """Insert the frame's rows, or overwrite those with the same key, in one commit.

        Parameters
        ----------
        on : key columns; null equals null. The frame's keys must be unique.
        where : column values all of the frame's rows share; naming the partition (`{"app": app}`) here keeps
            concurrent merges of other partitions from conflicting

        Returns
        -------
        The table version of this commit.
        """
        table = _declared(name)
        rows = _within(_conform(frame, table), where or {})
        builder = self._merge(table.name, rows, on, where)
        self._execute(builder.whenMatchedUpdateAll().whenNotMatchedInsertAll(), run_id)
        return self._version(table.name, run_id)

    def append(self, name: str, frame: DataFrame, run_id: str) -> None:
        """Add the frame's rows, in one commit that no concurrent one disturbs; a quarter of a `merge`'s time."""
        table = _declared(name)
        self._append(_conform(frame, table), table, run_id)

    def delete(self, name: str, where: Where, run_id: str) -> None:
        """Delete the rows matching `where`, in one commit."""
        with _user_metadata(self.spark, run_id):
            self._delta(_declared(name).name).delete(predicate(where))

    def update(self, name: str, values: Mapping[str, Column], where: Where, run_id: str) -> None:
        """Set columns of the rows matching `where`, in one commit; half the Spark jobs of a `merge`."""
        changes: dict[str, str | Column] = {quoted(column): value for column, value in values.items()}
        with _user_metadata(self.spark, run_id):
            self._delta(_declared(name).name).update(predicate(where), changes)

    def artifacts(self, *parts: str) -> str:
        """Return the path for a saved object, such as `artifacts("flights", "2013-11-01", "pipeline")`."""
        if self._artifacts is None and self.in_catalog:
            raise ConfigError(
                f"Warehouse: '{self.root}' is a catalog schema, so saved pipelines need a folder: set 'artifacts'."
            )
        return "/".join([self._artifacts or f"{self.root}/artifacts", *parts])

    def register(self) -> None:
        """Make every declared table a temporary view of its own name."""
        for name in TABLES:
            self.read(name).createOrReplaceTempView(name)

    def source(self, name: str, version: int | None = None) -> DataFrame:
        """Return a source table, as it is now or as it was at a version."""
        if not self.source_exists(name):
            raise DataContractError(f"Source '{name}' is not in the warehouse yet: run ingest for it first.")
        return self._read(_source(name), version)

    def source_exists(self, name: str) -> bool:
        """Return whether the source has been ingested at least once."""
        return self._exists(_source(name))

    def source_version(self, name: str) -> int:
        """Return the source table's current version."""
        return self._version(_source(name))

    def merge_source(
        self, name: str, frame: DataFrame, on: Sequence[str], run_id: str, allow_new_columns: bool = False
    ) -> Merged:
        """Upsert a source table; only the frame's own columns are written.

        The first call makes the table from the frame's schema. Later, columns the frame lacks keep their
        value (null in new rows), and rows that change nothing are not rewritten.

        Raises
        ------
        DataContractError : the frame has new columns and `allow_new_columns` is False
        """
        table = _source(name)
        if not self._exists(table):
            return self._write_new(table, frame, run_id)
        self._check_columns(name, frame, allow_new_columns)
        columns: dict[str, str | Column] = {quoted(c): f"s.{quoted(c)}" for c in frame.columns}
        same = " AND ".join(f"t.{c} <=> s.{c}" for c in columns if c not in map(quoted, on)) or "TRUE"
        builder = self._merge(table, frame, on)
        builder = builder.whenMatchedUpdate(condition=f"NOT ({same})", set=columns)
        done = self._execute(builder.whenNotMatchedInsert(values=columns), run_id)
        return Merged(self._version(table, run_id), done["num_inserted_rows"], done["num_updated_rows"])

    def _check_columns(self, name: str, frame: DataFrame, allow_new_columns: bool) -> None:
        known = self._read(_source(name)).columns
        new = [c for c in frame.columns if c not in known]
        if not new:
            return
        if not allow_new_columns:
            raise DataContractError(f"Source '{name}': new columns {new} are not in the table.")
        fields = ", ".join(f"{quoted(c)} {frame.schema[c].dataType.simpleString()}" for c in new)
        self.spark.sql(f"ALTER TABLE {self._identifier(_source(name))} ADD COLUMNS ({fields})")

    def _write_new(self, table: str, frame: DataFrame, run_id: str) -> Merged:
        # Mapped columns may have any name; a CSV's headings have spaces.
        options = {"userMetadata": run_id, "delta.columnMapping.mode": "name"}
        writer = frame.write.format("delta").options(**options)
        if self.in_catalog:
            writer.saveAsTable(self._identifier(table))
        else:
            writer.save(self._path(table))
        commit = self._delta(table).history(1).collect()[0]
        return Merged(commit["version"], int(commit["operationMetrics"]["numOutputRows"]), 0)

    def _append(self, rows: DataFrame, table: Table, run_id: str) -> None:
        self._save(rows.write.format("delta").mode("append"), table, run_id)

    def _save(self, writer: DataFrameWriter, table: Table, run_id: str) -> None:
        # mergeSchema: a table that an earlier version made has fewer columns.
        writer = writer.option("userMetadata", run_id).option("mergeSchema", "true")
        if self.in_catalog:
            writer.saveAsTable(self._identifier(table.name))
        else:
            writer.save(self._path(table.name))

    def _path(self, table: str) -> str:
        return f"{self.root}/{table}"

    def _identifier(self, table: str) -> str:
        if self.in_catalog:
            return ".".join(map(quoted, [*self.root.split("."), table.replace("/", "_")]))
        return f"delta.{quoted(self._path(table))}"

    def _exists(self, table: str) -> bool:
        if self.in_catalog:
            return self.spark.catalog.tableExists(self._identifier(table))
        return DeltaTable.isDeltaTable(self.spark, self._path(table))

    def _create(self, table: Table) -> None:
        builder = DeltaTable.createIfNotExists(self.spark)
        if self.in_catalog:
            builder = builder.tableName(self._identifier(table.name))
        else:
            builder = builder.location(self._path(table.name))
        builder = builder.addColumns(table.schema).partitionedBy(*table.partition).comment(table.comment)
        for name, value in table.properties.items():
            builder = builder.property(name, value)
        builder.execute()

    def _delta(self, table: str) -> DeltaTable:
        if self.in_catalog:
            return DeltaTable.forName(self.spark, self._identifier(table))
        return DeltaTable.forPath(self.spark, self._path(table))

    def _read(self, table: str, version: int | None = None) -> DataFrame:
        reader = self.spark.read.format("delta")
        if version is not None:
            reader = reader.option("versionAsOf", version)
        return reader.table(self._identifier(table)) if self.in_catalog else reader.load(self._path(table))

    def _version(self, table: str, run_id: str | None = None) -> int:
        """Return the newest version, or the newest one this run committed."""
        # Collected as it is: sorting or limiting the few rows would cost Spark jobs of their own.
        commits = self._delta(table).history(1 if run_id is None else _HISTORY).collect()
        mine = [commit["version"] for commit in commits if commit["userMetadata"] == run_id]
        return int(max(mine or [commit["version"] for commit in commits]))

    def _merge(
        self, table: str, rows: DataFrame, on: Sequence[str], where: Where | None = None
    ) -> DeltaMergeBuilder:
        same_key = " AND ".join(f"t.{quoted(c)} <=> s.{quoted(c)}" for c in on)
        condition = f"{predicate(where, 't')} AND {same_key}" if where else same_key
        return self._delta(table).alias("t").merge(rows.alias("s"), condition)

    def _execute(self, builder: DeltaMergeBuilder, run_id: str) -> dict[str, int]:
        with _user_metadata(self.spark, run_id):
            return builder.execute().collect()[0].asDict()


def _declared(name: str) -> Table:
    if name not in TABLES:
        raise ConfigError(f"Warehouse: there is no table '{name}', only {', '.join(TABLES)}.")
    return TABLES[name]


def _source(name: str) -> str:
    if re.fullmatch(r"\w+", name) is None:
        raise ConfigError(f"Source '{name}' must be a name of letters, digits and underscores.")
    return f"data/{name}"


def _conform(frame: DataFrame, table: Table) -> DataFrame:
    """Order and cast the frame's columns as declared; nested fields are matched by name too."""
    found, declared = set(_names(frame.schema)), set(_names(table.schema))
    if found != declared:
        raise DataContractError(
            f"Table '{table.name}': missing columns {sorted(declared - found)}, "
            f"unknown columns {sorted(found - declared)}."
        )
    # Delta itself refuses nulls in NOT NULL columns, with the column's name.
    return frame.to(StructType([StructField(f.name, f.dataType) for f in table.schema]))


def _names(kind: DataType, prefix: str = "") -> Iterator[str]:
    if isinstance(kind, StructType):
        for f in kind:
            yield prefix + f.name
            yield from _names(f.dataType, f"{prefix}{f.name}.")
    elif isinstance(kind, ArrayType):
        yield from _names(kind.elementType, prefix)
    elif isinstance(kind, MapType):
        yield from _names(kind.valueType, prefix)


def _within(frame: DataFrame, where: Where) -> DataFrame:
    """Fail at execution when a row lies outside `where`: the next write of the same rows would not replace it."""
    if not where:
        return frame
    column = next(iter(where))
    message = F.lit(f"a row to write lies outside {predicate(where)}")
    inside = F.coalesce(F.expr(predicate(where)), F.lit(False))
    return frame.withColumn(column, _checked(F.col(column), inside, message))


def _checked(column: Column, holds: Column, message: Column) -> Column:
    return F.when(holds, column).otherwise(F.raise_error(message))


@contextmanager
def _user_metadata(spark: SparkSession, run_id: str) -> Iterator[None]:
    """Sign the commits of this session; one at a time, because MERGE takes it from the session only."""
    with _locks.setdefault(spark, threading.Lock()):
        before = spark.conf.get(_USER_METADATA, None)
        spark.conf.set(_USER_METADATA, run_id)
        try:
            yield
        finally:
            spark.conf.unset(_USER_METADATA)
            if before is not None:
                spark.conf.set(_USER_METADATA, before)
