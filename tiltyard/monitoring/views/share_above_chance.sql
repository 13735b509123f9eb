-- Share (0 to 1) of tenants whose newest tournament beat chance, among those where it could be judged, by app and
-- for the platform (app null).
SELECT app, count(*) AS models, avg(CAST(above_chance AS INT)) AS share
FROM newest_models
WHERE tenant IS NOT NULL AND above_chance IS NOT NULL
GROUP BY GROUPING SETS ((app), ())
HAVING count(*) > 0
