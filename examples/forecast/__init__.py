"""A team that forecasts how many people work in each industry, with a container of its own."""
