"""HTTP of the services wing: the public pages, the portal, the office."""
