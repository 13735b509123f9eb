-- The 20 newest attempts of each app's jobs, and of the platform's altogether; seconds of a running one are those
-- until the clock, of a lost one nobody knows them.
WITH timed AS (
  SELECT
    job, app, run_id, attempt, logical_date, status, started_at, rows, tenants_ok, tenants_failed, error,
    timestampdiff(MILLISECOND, started_at, coalesce(ended_at, IF(status = 'running', (SELECT as_of FROM clock), NULL))) / 1000D AS seconds
  FROM runs
  WHERE started_at <= (SELECT as_of FROM clock)
),
newest AS (
  SELECT *
  FROM (
    SELECT *, row_number() OVER (PARTITION BY app ORDER BY started_at DESC, run_id, attempt DESC) AS app_rank
    FROM timed
  )
  WHERE app_rank <= 20
)
SELECT *, row_number() OVER (ORDER BY started_at DESC, run_id, attempt DESC) AS platform_rank
FROM newest
