"""The tree of friends: `build` puts it together, `measures` says what it shows, `branches` opens it."""
