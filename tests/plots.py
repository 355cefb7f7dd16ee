"""Figures as a researcher makes them, bound to no window."""

from __future__ import annotations

import numpy as np
import plotly.graph_objects as go
from matplotlib.axes import Axes
from matplotlib.figure import Figure


def line(scale: float = 1.0, **options) -> Figure:
    """Two curves with a legend and labelled axes."""
    figure = Figure(**options)
    axes: Axes = figure.subplots()
    x = np.linspace(0, 10, 100)
    axes.plot(x, scale * np.sin(x), label="sine")
    axes.plot(x, scale * np.cos(x), label="cosine")
    axes.set(xlabel="time in seconds", ylabel="amplitude")
    axes.legend()
    return figure


def bars(**layout) -> go.Figure:
    """Three bars of plotly."""
    return go.Figure(go.Bar(x=["north", "south", "east"], y=[3, 5, 2]), layout=layout)
