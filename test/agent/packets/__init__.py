"""The real daemon against the built-in API server, judged by real packets between network namespaces."""
