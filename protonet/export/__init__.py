"""A trained net as a file that needs no protonet, compared with the original before it appears."""
