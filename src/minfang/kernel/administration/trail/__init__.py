"""The audit administrator's pages: search, detail, signed export, verification; and security alarms."""
