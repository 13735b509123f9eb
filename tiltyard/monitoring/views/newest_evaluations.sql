-- Each tenant's evaluation of the newest window; tenant null is the app's tenants together. `skill` is free of the
-- label's unit: the AUROC of classes, of numbers R2, the share of the outcomes' variance that was predicted.
SELECT app, tenant, newest.*
FROM (
  SELECT
    app,
    tenant,
    max_by(
      struct(
        window_start, window_end, version, status, message, outcomes,
        IF(status = 'ok', coalesce(metrics['auroc'], metrics['r2']), NULL) AS skill,
        CASE WHEN metrics['auroc'] IS NOT NULL THEN 'AUROC' WHEN metrics['r2'] IS NOT NULL THEN 'R2' END AS measure
      ),
      struct(window_end, logical_date)
    ) AS newest
  FROM evaluations
  WHERE logical_date <= CAST((SELECT as_of FROM clock) AS DATE)
  GROUP BY app, tenant
)
