-- Tenants by the learner that serves them. `fallback` other than 'tenant': no model of their own won.
SELECT app, learner, fallback, count(*) AS tenants
FROM champions
WHERE tenant IS NOT NULL
GROUP BY app, learner, fallback
