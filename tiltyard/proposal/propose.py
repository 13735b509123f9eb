"""From a table to a proposed app: the parts found one after another, each with its reason."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from tiltyard.apps import TENANT, derive, label_columns
from tiltyard.columns import field_of
from tiltyard.config import AppConfig, ProblemName
from tiltyard.proposal.fields import Time, excluded, find_time
from tiltyard.proposal.key import Key, find_key, given_key
from tiltyard.proposal.label import Label, find_label
from tiltyard.proposal.table import Table, count
from tiltyard.transformers import FieldTyper


@dataclass(frozen=True)
class Wishes:
    """What somebody who wants an app says of it: its name, source table, label, tenant and key columns, and problem."""

    app: str
    source: str
    label: str
    tenant: tuple[str, ...] = ()
    key: tuple[str, ...] = ()
    problem: ProblemName | None = None


@dataclass(frozen=True)
class Tenants:
    """The tenant columns, and how the rows are spread over them."""

    columns: tuple[str, ...]
    why: str


@dataclass(frozen=True)
class Proposal:
    """An app that may be trained as it stands, and what each part of it rests on.

    Attributes
    ----------
    app, source : names of the app and of its table
    rows : how many were looked at
    exclude : reason by column
    fields : {"field", "type", "confidence", "evidence"} of the columns that may become features
    """

    app: str
    source: str
    rows: int
    tenants: Tenants
    key: Key
    time: Time
    label: Label
    exclude: Mapping[str, str]
    fields: Sequence[Mapping[str, Any]]

    def config(self) -> AppConfig:
        """The app's configuration, all defaults filled in."""
        return AppConfig(
            app=self.app,
            source=self.source,
            tenant=self.tenants.columns,
            key=self.key.columns,
            time=self.time.column,
            label=self.label.expression,
            problem=self.label.problem,
            exclude=tuple(self.exclude),
            fields={one["field"]: one["type"] for one in self.fields},
        )


def draft(wishes: Wishes, columns: Sequence[str]) -> AppConfig:
    """An app with what was said of it; its key is only a place holder."""
    return AppConfig(
        app=wishes.app, source=wishes.source, tenant=wishes.tenant, key=(columns[0],), label="true"
    )


def propose(frame: DataFrame, wishes: Wishes) -> Proposal:
    """Look at the rows of a table as it would be after ingest, and propose an app.

    A dozen Spark jobs, one for all columns where it can be; more to find a key of several columns.

    Raises
    ------
    DataContractError : no such label, tenant or key column (with the nearest match), a label that is none
        of the three problems, or nothing that identifies a row
    """
    names = [field_of(frame.schema, name, f"{wishes.app}: --tenant").name for name in wishes.tenant]
    app = draft(wishes, frame.columns).model_copy(update={"tenant": tuple(names)})
    label = find_label(frame, wishes.label, app, wishes.problem)
    table = count(frame)
    in_label = set(label_columns(label.expression, frame.columns))
    typer = FieldTyper().fit(frame)
    key = given_key(table, wishes.key, app) if wishes.key else find_key(table, typer.types, in_label, app)
    hidden = {*in_label, *names, *key.columns}
    labelled = derive(frame, app.model_copy(update={"label": label.expression, "problem": label.problem}))
    exclude = excluded(table, typer.evidence, labelled, hidden, tells_two=label.problem == "binary")
    time = find_time(table, {*exclude, *in_label})
    return Proposal(
        app=app.app,
        source=app.source,
        rows=table.rows,
        tenants=_tenants(labelled, table, app),
        key=key,
        time=time,
        label=label,
        exclude=exclude,
        fields=[one for one in typer.evidence if one["field"] not in hidden | exclude.keys()],
    )


def _tenants(labelled: DataFrame, table: Table, app: AppConfig) -> Tenants:
    if not app.tenant:
        return Tenants((), "none, all rows are one")
    sizes = labelled.groupBy(TENANT).count().where(F.col(TENANT).isNotNull())
    middle, most = F.median("count"), F.max("count")
    thin = F.count_if(F.col("count") < app.gates.min_rows)
    tenants, rows, median, largest, few = sizes.agg(
        F.count("*"), F.sum("count"), middle, most, thin
    ).collect()[0]
    lost = table.rows - (rows or 0)
    spread = f"{tenants:,} tenants, with {median or 0:,.0f} rows at the median and {largest or 0:,} at most"
    parts = [spread]
    parts += [f"{few:,} of them with fewer than {app.gates.min_rows} rows"] if few else []
    parts += [f"{lost:,} rows name none and would be refused"] if lost else []
    return Tenants(app.tenant, "; ".join(parts))
