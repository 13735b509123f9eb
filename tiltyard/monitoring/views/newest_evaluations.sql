-- Each tenant's evaluation of the newest window; tenant null is the app's tenants together.
SELECT app, tenant, newest.*
FROM (
  SELECT
    app,
    tenant,
    max_by(
      struct(
        window_start, window_end, version, status, message, outcomes,
        IF(status = 'ok', metrics['auroc'], NULL) AS auroc
      ),
      struct(window_end, logical_date)
    ) AS newest
  FROM evaluations
  WHERE logical_date <= CAST((SELECT as_of FROM clock) AS DATE)
  GROUP BY app, tenant
)
