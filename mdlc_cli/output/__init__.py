"""What commands print: text without markup, progress, narrow tables, errors of the command line."""
