"""The editing canvas: a picture whose gestures are edits of the document."""
