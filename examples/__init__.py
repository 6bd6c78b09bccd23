"""Example model teams: all of them are linted, type-checked and run by the tests."""
