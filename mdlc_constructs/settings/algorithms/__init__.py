"""The algorithms that train and score: AWS's built-in ones, and containers of a team's own."""
