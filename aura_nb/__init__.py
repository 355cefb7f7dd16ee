"""Narrated explainer videos, made and watched inside a notebook."""

from __future__ import annotations

__version__ = "0.1.0"
