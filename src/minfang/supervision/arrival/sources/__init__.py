"""Where readings come from besides the embedded broker."""
