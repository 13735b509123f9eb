-- The 50 tenants of each app, and of the platform, that most need a look: what failed first, then what cannot be
-- modelled (large tenants first), then the lowest skill. `reason` says in plain words what is wrong.
WITH ordered AS (
  SELECT
    *,
    array_position(
      array(
        'quarantined', 'error', 'timeout', 'below_chance', 'no_signal', 'one_class', 'too_few_rows', 'not_trained',
        'ok'
      ),
      state
    ) AS place
  FROM tenant_health
),
worst AS (
  SELECT *
  FROM (
    SELECT
      *,
      row_number() OVER (PARTITION BY app ORDER BY place, skill NULLS LAST, rows DESC, tenant) AS app_rank
    FROM ordered
  )
  WHERE app_rank <= 50
)
SELECT
  app,
  tenant,
  state,
  CASE
    WHEN state = 'quarantined' THEN
      concat('Training failed ', consecutive_failures, ' times in a row; paused until ', quarantined_until)
    WHEN state = 'error' THEN 'Training failed'
    WHEN state = 'timeout' THEN 'Training ran into its time limit'
    WHEN state = 'below_chance' AND measure = 'R2' THEN 'Worse than the mean of the newest outcomes'
    WHEN state = 'below_chance' THEN 'Ranks worse than a coin toss on the newest outcomes'
    WHEN state = 'no_signal' THEN 'No contender beat chance'
    WHEN state = 'one_class' THEN 'Every known outcome is the same'
    WHEN state = 'too_few_rows' THEN 'Too few rows with a known outcome'
    WHEN state = 'not_trained' THEN 'Not trained yet'
    WHEN skill IS NOT NULL THEN concat('Works; among the lowest ', measure)
    WHEN evaluation = 'no_outcomes' THEN 'Works; no outcomes have arrived yet'
    WHEN evaluation = 'too_few_rows' THEN 'Works; too few outcomes to judge it'
    WHEN evaluation = 'one_class' THEN 'Works; all outcomes so far are the same'
    ELSE 'Works; not evaluated yet'
  END AS reason,
  status,
  message,
  learner,
  fallback,
  rows,
  skill,
  measure,
  outcomes,
  app_rank,
  row_number() OVER (ORDER BY place, skill NULLS LAST, rows DESC, app, tenant) AS platform_rank
FROM worst
