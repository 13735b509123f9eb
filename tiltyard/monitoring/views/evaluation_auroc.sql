-- AUROC over the tenants of an app, or of the platform (app null): the median and the quartiles of each tenant's
-- newest window. Tenants whose newest window could not be judged are left out.
SELECT
  app,
  count(*) AS tenants,
  percentile(auroc, 0.25) AS lower_quartile,
  median(auroc) AS median,
  percentile(auroc, 0.75) AS upper_quartile
FROM newest_evaluations
WHERE tenant IS NOT NULL AND auroc IS NOT NULL
GROUP BY GROUPING SETS ((app), ())
HAVING count(*) > 0
