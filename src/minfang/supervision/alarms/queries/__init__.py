"""What is asked of the ledger, one module a page."""
