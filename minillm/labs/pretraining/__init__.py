"""What pretraining is worth, and when."""
