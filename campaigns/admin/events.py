"""The admin of the room events."""
