"""How the running product is: processes that are seen, work that recurs, and what is broken today."""
