"""Watching works live: what streams to open browsers, and the overviews of a work in peace and emergency."""
