-- Tenants by state, by app and for the platform (app null).
SELECT app, state, count(*) AS tenants
FROM tenant_health
GROUP BY GROUPING SETS ((app, state), (state))
