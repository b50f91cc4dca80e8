"""The networks people share on: a registry of data (`networks.json`, `robots.json`) and the words to read it."""
