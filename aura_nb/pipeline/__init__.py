"""The stages that turn a script into a film, and the engine that runs them."""
