"""What is learned on some texts, and asked of others."""
