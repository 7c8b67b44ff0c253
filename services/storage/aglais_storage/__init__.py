"""The storage service: spaces of accounts, with quotas."""
