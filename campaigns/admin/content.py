"""The admin of the room content."""
