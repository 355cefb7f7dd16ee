"""The HTTP surface of a kernel's jobs: API, event streams, observer page."""
