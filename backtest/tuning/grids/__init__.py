"""What is varied: values, ranges and draws of settings, and the conditions between them."""
