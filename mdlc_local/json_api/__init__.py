"""APIs of JSON requests that this package itself implements, by botocore's models of the services."""
