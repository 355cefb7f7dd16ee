"""Themes: a folder each with a `theme.toml` (colours, fonts) and, if it likes, its own card templates."""
