"""Data as a remedy: what augmentation, diversification and cleaning do to test accuracy."""
