"""How often somebody may do something: sign in, search, export, upload (security handbook B.43)."""
