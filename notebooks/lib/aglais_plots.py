"""Figures for notebooks: readable at their size, fit for every colour vision, told in words too."""

from __future__ import annotations

import base64
import html
import io
from typing import TYPE_CHECKING, Any

import matplotlib
from matplotlib.figure import Figure

if TYPE_CHECKING:
    pass

__all__ = [
    "BLACK",
    "BLUE",
    "COLOURS",
    "GREEN",
    "GREY",
    "MAP",
    "ORANGE",
    "SKY",
    "VERMILION",
    "figure",
    "show",
]

BLACK, ORANGE, SKY, GREEN = "#000000", "#e69f00", "#56b4e9", "#009e73"
BLUE, VERMILION, PURPLE, GREY = "#0072b2", "#d55e00", "#cc79a7", "#7f7f7f"
COLOURS = (BLUE, VERMILION, GREEN, ORANGE, SKY, PURPLE)
"""Okabe & Ito's colours, which stay apart for every kind of colour vision."""

MAP = "cividis"
"""A map of colours that is as even to colour-blind eyes as to others."""

_STYLE: dict[str, Any] = {
    "axes.axisbelow": True,
    "axes.grid": True,
    "axes.labelsize": 12,
    "axes.prop_cycle": matplotlib.cycler(color=COLOURS),
    "axes.spines.right": False,
    "axes.spines.top": False,
    "axes.titlesize": 13,
    "axes.titlelocation": "left",
    "font.size": 11,
    "grid.alpha": 0.25,
    "legend.frameon": False,
}


def figure(
    width: float = 7.5, height: float = 5.0, *, columns: int = 1, **axes: Any
) -> tuple[Figure, Any]:
    """
    Return a figure with one pair of axes, or a row of them.

    Parameters
    ----------
    width, height
        Inches, shown at 100 pixels each; the picture has half as many again, for sharp screens.
    axes
        Passed on to matplotlib's `subplot_kw`, such as projection="mollweide".
    """
    with matplotlib.rc_context(_STYLE):
        made = Figure(figsize=(width, height), layout="constrained")
        return made, made.subplots(1, columns, subplot_kw=axes)


def show(made: Figure, alternative: str) -> None:
    """Print a figure as a paragraph's picture; `alternative` tells it to who cannot see it."""
    picture = io.BytesIO()
    with matplotlib.rc_context(_STYLE):
        made.savefig(picture, format="png", dpi=150)
    data = base64.b64encode(picture.getvalue()).decode()
    width = round(made.get_figwidth() * 100)
    said = html.escape(alternative, quote=True)
    print(
        f'%html <img src="data:image/png;base64,{data}" alt="{said}" '
        f'style="width:{width}px;max-width:100%;background:white">'
    )
