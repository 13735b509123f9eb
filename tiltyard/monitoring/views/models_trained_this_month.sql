-- Tenants' models trained since the month began, by app and for the platform (app null). A model is as old as its
-- run's last start, not as its logical date: a backfill of last year is this month's work. A signed row is a model.
WITH trained AS (
  SELECT run_id, max(started_at) AS started_at FROM runs WHERE job = 'train' GROUP BY run_id
)
SELECT m.app, count(*) AS models
FROM models AS m
LEFT JOIN trained AS t ON t.run_id = m.run_id
WHERE m.tenant IS NOT NULL
  AND m.sha256 IS NOT NULL
  AND coalesce(t.started_at, CAST(m.logical_date AS TIMESTAMP))
    BETWEEN date_trunc('MONTH', (SELECT as_of FROM clock)) AND (SELECT as_of FROM clock)
GROUP BY GROUPING SETS ((m.app), ())
