"""Where Django looks for the roof's tables; they live with the partners that they serve."""
