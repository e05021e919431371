"""Benchmarks: Doorward and its peers in turn, one row of docs/explanation/performance.md a module."""
