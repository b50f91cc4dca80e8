"""The admin of the room delivery."""
