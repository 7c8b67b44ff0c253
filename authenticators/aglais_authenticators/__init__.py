"""How people come in: one login page, every door at once."""
