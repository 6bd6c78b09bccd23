"""How far diabetes went in a year: a number is predicted, from rows without a time and without an id."""
