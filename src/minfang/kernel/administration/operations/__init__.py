"""The operations page: what is broken today, processes, recurring work, backups."""
