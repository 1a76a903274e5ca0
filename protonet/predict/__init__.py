"""What a trained net says of pictures: found, decoded, prepared as for its test, scored, told."""
