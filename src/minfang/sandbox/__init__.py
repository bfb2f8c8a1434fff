"""The outside world for demonstration and tests: platforms that know the product only over HTTP."""
