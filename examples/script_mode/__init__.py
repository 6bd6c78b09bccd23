"""A model of a team's own script on AWS's scikit-learn image, beside the boosted trees of `diabetes`."""
