"""Brings contacts and events from CSV and Parquet files into an organization. It never prints."""
