"""Layers: label images of any size that several people correct at once, with everything that was ever done to them."""
