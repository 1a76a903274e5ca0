"""Windows of images: what is taken of each, told before it is read; without torch."""
