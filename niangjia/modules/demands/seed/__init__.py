"""Demands that are made for demonstrations and benches."""
