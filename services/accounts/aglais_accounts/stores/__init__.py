"""Queries of the accounts service, one noun a module; they return models."""
