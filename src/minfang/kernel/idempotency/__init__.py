"""One answer for one intent: unsafe calls that are repeated get the first answer again."""
