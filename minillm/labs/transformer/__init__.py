"""What the parts of a Transformer layer are for: by leaving them out, and by how far they reach."""
