"""One pane a file: each is drawn from its attributes alone and says upward what a person did."""
