"""The page *Learn*: a course in tensor notation, a file a lesson."""
