"""What the guide lists as challenges, measured on worlds whose truth is planted."""
