"""Works and devices from Excel files: read, judged row by row, shown, and only then written."""
