"""What fine-tuning teaches a pretrained model, what it forgets, and how much of it must change."""
