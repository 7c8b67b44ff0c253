"""Background work of the booking service; each can be killed anywhere and run again."""
