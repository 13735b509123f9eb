-- Experiments started since Monday, by app and for the platform (app null). A retry is not another experiment.
SELECT app, count(DISTINCT run_id) AS experiments
FROM runs
WHERE job = 'experiment'
  AND started_at BETWEEN date_trunc('WEEK', (SELECT as_of FROM clock)) AND (SELECT as_of FROM clock)
GROUP BY GROUPING SETS ((app), ())
HAVING app IS NOT NULL OR grouping(app) = 1
