"""A new team's repository, and the files of data that are put into a bucket."""
