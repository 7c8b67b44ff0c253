"""How sessions start: embedded on this machine, or on clusters."""
