"""What all stages share and that knows none of them."""
