"""The booking service: packages, capacity, admission of sessions."""
