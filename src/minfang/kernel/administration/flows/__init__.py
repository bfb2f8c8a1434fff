"""Process definitions: drafts, publishing, versions side by side, running cases to another version."""
