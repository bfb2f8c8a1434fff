"""What changes anomalies: checks, and the limits of the repeat model."""
