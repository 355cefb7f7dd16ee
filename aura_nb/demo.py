"""The Quick Demo: a brief with true points of its own, so that even the first film teaches something."""

from __future__ import annotations

from aura_nb.request import Request
from aura_nb.spec import Brief, Plan

# Rayleigh scattering: intensity goes with the inverse fourth power of the wavelength.
# Half the wavelength: 2⁴ = 16 times; blue (450 nm) against red (650 nm): (650/450)⁴ = 4.35 times.
_NOTES = """\
## Light meets air

Sunlight holds every colour of the rainbow. Air scatters its blue far more than its red.

## Rayleigh's law

Halve the wavelength, and scattering grows sixteenfold.

$$ I prop 1 / lambda^4 $$

*Blue at 450 nm scatters about 4.4 times as strongly as red at 650 nm.*

So blue reaches you from all over the sky.
"""


def quick_demo() -> Request:
    """The Quick Demo, about 18 seconds on why the sky is blue: `aura.make(aura.quick_demo())`."""
    return Request(Brief("Why the sky is blue", tone="friendly", notes=_NOTES), Plan(seconds=18))
