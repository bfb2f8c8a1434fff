"""HTTP of works and devices."""
