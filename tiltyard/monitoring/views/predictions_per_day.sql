-- Predictions written in each of the last 56 days, by app and for the platform (app null), with the mean of the
-- 7 days up to it; days without predictions count as 0. Days are 24 hours counted back from the clock, so that
-- none is partial: `day` is the end of it. An app without a prediction in this time has no rows.
WITH written AS (
  SELECT app, days_ago, count(*) AS predictions
  FROM (
    SELECT app, timestampdiff(HOUR, scored_at, (SELECT as_of FROM clock)) DIV 24 AS days_ago
    FROM scores
    WHERE scored_at <= (SELECT as_of FROM clock)
      AND scored_at > (SELECT as_of FROM clock) - INTERVAL 1512 HOURS
  )
  GROUP BY GROUPING SETS ((app, days_ago), (days_ago))
),
spine AS (
  SELECT app, explode(sequence(0L, 62L)) AS days_ago
  FROM (SELECT DISTINCT app FROM written)
),
averaged AS (
  SELECT
    s.app,
    s.days_ago,
    coalesce(w.predictions, 0) AS predictions,
    sum(coalesce(w.predictions, 0)) OVER (
      PARTITION BY s.app ORDER BY s.days_ago DESC ROWS BETWEEN 6 PRECEDING AND CURRENT ROW
    ) / 7D AS moving_average
  FROM spine AS s
  LEFT JOIN written AS w ON w.app <=> s.app AND w.days_ago = s.days_ago
)
SELECT app, timestampadd(HOUR, -24 * days_ago, (SELECT as_of FROM clock)) AS day, predictions, moving_average
FROM averaged
WHERE days_ago < 56
