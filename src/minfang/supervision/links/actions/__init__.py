"""The only code that changes sources, links and runs, one module a kind of act."""
