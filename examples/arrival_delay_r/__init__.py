"""How late a flight will arrive, asked when it departs: a number, by a linear model in R."""
