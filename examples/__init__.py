"""Real model teams: each is linted, type-checked and run by the tests."""
