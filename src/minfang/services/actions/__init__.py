"""What people and the system do with cases; the only place of this wing that changes state."""
