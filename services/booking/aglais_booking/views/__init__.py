"""What the pages of bookings show, worked out before a template prints it."""
