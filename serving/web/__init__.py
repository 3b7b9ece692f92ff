"""The demo site: a newspaper whose pages show what the API answers."""
