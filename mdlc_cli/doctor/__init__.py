"""What a machine and an account lack for the library: checks that change nothing."""
