-- Skill over the tenants of an app, or of the platform (app null), by what it is measured in: the median and the
-- quartiles of each tenant's newest window. Tenants whose newest window could not be judged are left out.
SELECT
  app,
  measure,
  count(*) AS tenants,
  percentile(skill, 0.25) AS lower_quartile,
  median(skill) AS median,
  percentile(skill, 0.75) AS upper_quartile
FROM newest_evaluations
WHERE tenant IS NOT NULL AND skill IS NOT NULL
GROUP BY GROUPING SETS ((app, measure), (measure))
