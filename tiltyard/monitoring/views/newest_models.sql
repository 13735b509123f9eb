-- Each tenant's newest training result, a model or the reason there is none; without the bulky columns.
SELECT app, tenant, newest.*
FROM (
  SELECT
    app,
    tenant,
    max_by(
      struct(logical_date, version, learner, status, message, above_chance, rows),
      struct(logical_date, version)
    ) AS newest
  FROM models
  WHERE logical_date <= CAST((SELECT as_of FROM clock) AS DATE)
  GROUP BY app, tenant
)
