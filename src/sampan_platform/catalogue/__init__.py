"""Reference data: sites, resources, lanes, processes and policies."""
