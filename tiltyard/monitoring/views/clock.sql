-- The moment every number is taken at. A session fixes it, so that one page or one monitor run has one time.
SELECT current_timestamp() AS as_of
