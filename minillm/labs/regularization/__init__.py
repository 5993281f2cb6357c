"""What L2, weight decay and dropout do: shrinking weights, the validation gap, and a shift."""
