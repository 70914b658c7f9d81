"""What `fuzz_formats.py` is made of: seeds of every format, mutations, and the function that reads a mutant."""
