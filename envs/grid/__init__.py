"""Grid worlds: MiniGrid's, by the million and bit for bit, and the senses that lives show of them."""
