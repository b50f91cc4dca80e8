"""The admin of the room campaign."""
