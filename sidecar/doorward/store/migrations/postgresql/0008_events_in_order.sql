-- Events stand in the order in which they come, as rows do here. What is counted up again and again has room beside it, so
-- that its next version stands on the same page and no index is written (HOT).
ALTER TABLE ledger SET (fillfactor = 50);
ALTER TABLE usage_window SET (fillfactor = 50);
ALTER TABLE usage_hour SET (fillfactor = 50);
