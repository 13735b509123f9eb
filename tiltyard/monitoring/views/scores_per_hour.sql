-- Scores written in each of the last 336 hours, by app and for the platform (app null), with the mean of the
-- 24 hours up to it; hours without scores count as 0. Hours are counted back from the clock, so that none is
-- partial: `hour` is the end of it. An app without a score in this time has no rows.
WITH written AS (
  SELECT app, hours_ago, count(*) AS scores
  FROM (
    SELECT app, timestampdiff(HOUR, scored_at, (SELECT as_of FROM clock)) AS hours_ago
    FROM scores
    WHERE scored_at <= (SELECT as_of FROM clock)
      AND scored_at > (SELECT as_of FROM clock) - INTERVAL 360 HOURS
  )
  GROUP BY GROUPING SETS ((app, hours_ago), (hours_ago))
),
spine AS (
  SELECT app, explode(sequence(0, 359)) AS hours_ago
  FROM (SELECT DISTINCT app FROM written)
),
averaged AS (
  SELECT
    s.app,
    s.hours_ago,
    coalesce(w.scores, 0) AS scores,
    sum(coalesce(w.scores, 0)) OVER (
      PARTITION BY s.app ORDER BY s.hours_ago DESC ROWS BETWEEN 23 PRECEDING AND CURRENT ROW
    ) / 24D AS moving_average
  FROM spine AS s
  LEFT JOIN written AS w ON w.app <=> s.app AND w.hours_ago = s.hours_ago
)
SELECT app, timestampadd(HOUR, -hours_ago, (SELECT as_of FROM clock)) AS hour, scores, moving_average
FROM averaged
WHERE hours_ago < 336
