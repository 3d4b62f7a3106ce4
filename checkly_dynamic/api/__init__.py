"""Checkly's API: settings, HTTP, retries, rate limit and the client."""
