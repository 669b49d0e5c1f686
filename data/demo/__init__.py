"""The demo market: made up, in the likeness of real prices by parameters fitted to them."""
