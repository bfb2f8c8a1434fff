"""What the ledger of alarms says about those who made, built and keep things (handbook §9.4)."""
