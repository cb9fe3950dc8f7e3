"""The calls by the names that they have in the Python system."""
