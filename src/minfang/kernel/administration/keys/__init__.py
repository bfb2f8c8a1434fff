"""Keys and certificates in the browser: what there is, rotation, and destruction by two people."""
