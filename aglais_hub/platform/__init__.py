"""The embedded platform: one machine, one command."""
