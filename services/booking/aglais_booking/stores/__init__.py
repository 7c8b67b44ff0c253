"""Queries of the booking service, one noun a module; they return models."""
