"""Divide the airports of the United States into regions by where and how high they lie: k-means, no label."""
