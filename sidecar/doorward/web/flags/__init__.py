"""Feature flags over HTTP: OFREP, what is declared, and tenants' own values."""
