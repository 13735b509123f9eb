-- How many tenants of an app have an AUROC in each of 40 bins of 0.025 in their newest window; empty bins have no
-- row. `low` is inside a bin, `high` only in the last.
SELECT app, bin, bin / 40D AS low, (bin + 1) / 40D AS high, count(*) AS tenants
FROM (
  SELECT app, CAST(least(floor(auroc * 40), 39) AS INT) AS bin
  FROM newest_evaluations
  WHERE tenant IS NOT NULL AND auroc IS NOT NULL
)
GROUP BY app, bin
