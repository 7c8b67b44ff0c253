"""The embedded spawner: sessions as sandboxes of this machine."""
