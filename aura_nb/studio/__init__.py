"""The Studio: from a brief to a film in one place. What is edited lives here; `widgets.studio_view` shows it."""
