"""Drivers for OpenStack's services that do all but the hardware; run in their Python."""
