"""The program of the guide's section 5.2: its layers, the model as printed, what the repair can."""
