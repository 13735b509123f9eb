-- How many tenants of an app have a skill in each of 40 bins of 0.025 in their newest window; empty bins have no
-- row. `low` is inside a bin, `high` only in the last. An R2 below 0 is in the first.
SELECT app, measure, bin, bin / 40D AS low, (bin + 1) / 40D AS high, count(*) AS tenants
FROM (
  SELECT app, measure, CAST(greatest(least(floor(skill * 40), 39), 0) AS INT) AS bin
  FROM newest_evaluations
  WHERE tenant IS NOT NULL AND skill IS NOT NULL
)
GROUP BY app, measure, bin
