"""What editors decide: pin, bury, boost, filter, label, allow."""
