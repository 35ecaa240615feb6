"""Rows to domain values and back. Static SQL stands in `sql/*.sql`; nothing here decides what a person may do."""
