"""Programs as JSON, with a published schema."""
