-- What each tile said a week ago: the newest of `metrics` that is 7 to 14 days old.
SELECT name, app, max_by(value, time) AS value, max(time) AS time
FROM metrics
WHERE time <= (SELECT as_of FROM clock) - INTERVAL 7 DAYS
  AND time > (SELECT as_of FROM clock) - INTERVAL 14 DAYS
GROUP BY name, app
