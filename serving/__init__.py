"""The scoring API: lists, events and articles over HTTP, from one model and the change log since."""
