-- Reservations that are long over are forgotten.
CREATE INDEX reservation_by_end ON reservation (expires_at);
