"""System checks of Fanfare; each has an id and a remedy."""
