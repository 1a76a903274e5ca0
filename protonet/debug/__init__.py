"""Whether a net computes what it should, and what each of its layers costs."""
