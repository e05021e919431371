-- Thresholds of periods that are long over are forgotten.
CREATE INDEX usage_threshold_by_time ON usage_threshold (passed_at);
