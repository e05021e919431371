-- Old events may be forgotten, hour by hour: of such an hour the sums alone are known.
ALTER TABLE usage_hour ADD COLUMN forgotten bigint NOT NULL DEFAULT 0;
CREATE INDEX usage_hour_remembered ON usage_hour (hour) WHERE forgotten = 0;
CREATE INDEX usage_window_by_end ON usage_window (ends_at);
