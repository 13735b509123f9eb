-- Every headline number of every scope (app null: the platform). Where nothing has happened a count is 0, and a
-- measure is null: there is nothing to measure yet.
WITH numbers AS (
  SELECT app, stack(2, 'scores_per_hour', per_hour, 'predictions_per_day', per_day) AS (name, value)
  FROM recent_scores
  UNION ALL SELECT app, IF(measure = 'R2', 'evaluation_r2', 'evaluation_auroc'), median FROM evaluation_skill
  UNION ALL SELECT app, 'models_in_production', models FROM models_in_production
  UNION ALL SELECT app, 'models_trained_this_month', models FROM models_trained_this_month
  UNION ALL SELECT app, 'share_above_chance', share FROM share_above_chance
  UNION ALL SELECT app, 'experiments_this_week', experiments FROM experiments_this_week
  -- No number is below these, so the larger of the two is the one that was measured.
  UNION ALL
  SELECT
    app,
    stack(
      8,
      'scores_per_hour', 0D, 'predictions_per_day', 0D, 'evaluation_auroc', NULL, 'evaluation_r2', NULL,
      'models_in_production', 0D, 'models_trained_this_month', 0D, 'share_above_chance', NULL, 'experiments_this_week', 0D
    )
  FROM scopes
)
SELECT
  name,
  app,
  max(value) AS value,
  CASE name
    WHEN 'scores_per_hour' THEN '1/h'
    WHEN 'predictions_per_day' THEN '1/d'
    WHEN 'evaluation_auroc' THEN 'AUROC'
    WHEN 'evaluation_r2' THEN 'R2'
    WHEN 'share_above_chance' THEN 'share'
    WHEN 'experiments_this_week' THEN 'experiments'
    ELSE 'models'
  END AS unit
FROM numbers
GROUP BY name, app
