-- What a number can be about: each app that left a trace anywhere, and the platform (app null).
SELECT app FROM champions
UNION SELECT app FROM models
UNION SELECT app FROM scores
UNION SELECT app FROM evaluations
UNION SELECT app FROM tenants
UNION SELECT CAST(NULL AS STRING)
