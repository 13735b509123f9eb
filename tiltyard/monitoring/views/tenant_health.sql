-- One row for each tenant: what serves it, how good that is, and its state, from the newest training, champion,
-- evaluation and tenants rows.
WITH joined AS (
  SELECT
    app,
    tenant,
    m.status,
    m.message,
    coalesce(c.learner, m.learner) AS learner,
    c.fallback,
    coalesce(t.rows, m.rows) AS rows,
    e.skill,
    e.measure,
    e.outcomes,
    e.status AS evaluation,
    t.consecutive_failures,
    IF(t.quarantined_until > CAST((SELECT as_of FROM clock) AS DATE), t.quarantined_until, NULL) AS quarantined_until
  FROM (SELECT * FROM newest_models WHERE tenant IS NOT NULL) AS m
  FULL JOIN (SELECT * FROM champions WHERE tenant IS NOT NULL) AS c USING (app, tenant)
  FULL JOIN (SELECT * FROM newest_evaluations WHERE tenant IS NOT NULL) AS e USING (app, tenant)
  FULL JOIN (SELECT * FROM tenants WHERE tenant IS NOT NULL) AS t USING (app, tenant)
)
SELECT
  *,
  CASE
    WHEN quarantined_until IS NOT NULL THEN 'quarantined'
    WHEN status IN ('error', 'timeout') THEN status
    WHEN skill < IF(measure = 'AUROC', 0.5, 0) THEN 'below_chance'
    ELSE coalesce(status, 'not_trained')
  END AS state
FROM joined
