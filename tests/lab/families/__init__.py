"""One module per family of scenarios; tests/lab/run imports them all."""
