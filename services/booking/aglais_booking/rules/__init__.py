"""Rules of the booking service; they ask nothing and change nothing."""
