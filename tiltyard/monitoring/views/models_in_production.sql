-- Tenants served by a model of their own now, by app and for the platform (app null).
SELECT app, count(*) AS models
FROM champions
WHERE tenant IS NOT NULL
  AND fallback = 'tenant'
  AND (since IS NULL OR since <= CAST((SELECT as_of FROM clock) AS DATE))
GROUP BY GROUPING SETS ((app), ())
