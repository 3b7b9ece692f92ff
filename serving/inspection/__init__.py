"""What the dashboard shows, as plain values: a function per page, from the running service to what JSON can hold."""
