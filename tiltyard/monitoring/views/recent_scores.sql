-- Scores an hour over the last 24 hours and predictions a day over the last 7 days, by app and for the platform (app
-- null): the last points of `scores_per_hour` and `predictions_per_day`, in one pass over the scores.
SELECT
  app,
  count_if(scored_at > (SELECT as_of FROM clock) - INTERVAL 24 HOURS) / 24D AS per_hour,
  count(*) / 7D AS per_day
FROM scores
WHERE scored_at <= (SELECT as_of FROM clock)
  AND scored_at > (SELECT as_of FROM clock) - INTERVAL 168 HOURS
GROUP BY GROUPING SETS ((app), ())
