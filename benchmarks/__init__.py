"""Benchmarks: they print figures; nothing fails by being slow on a busy machine."""
