"""The video codecs and encoders that a film may be made with. Whether one works here, `media.proof` finds out.

Within a codec they stand in the order they are tried in: hardware in the order NVENC, AMF, QSV, VideoToolbox,
VAAPI; software before it unless hardware was asked for.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Literal

from pydantic_core import PydanticCustomError

Codec = Literal["h264", "h265", "av1"]
Kind = Literal["software", "hardware"]
Quality = Literal["draft", "good", "high", "maximum"]

QUALITIES: Mapping[Quality, int] = {"draft": 28, "good": 23, "high": 20, "maximum": 18}
"""The presets on x264's scale of constant rate factors; `media.tuning` says what equals them elsewhere."""


@dataclass(frozen=True, slots=True)
class Encoder:
    """An encoder by the name libavcodec has for it; `remedy` is what makes it work where it does not."""

    name: str
    codec: Codec
    kind: Kind
    remedy: str

    @property
    def deterministic(self) -> bool:
        """Whether the same frames give the same bytes: software in one thread does, of drivers nobody says."""
        return self.kind == "software"


_NVIDIA = "It needs an NVIDIA GPU and its driver, visible to this process (`nvidia-smi` lists it)."
_AMD = "It needs an AMD GPU and the AMF runtime of its driver (on Linux: AMDGPU-PRO)."
_INTEL = "It needs an Intel GPU, its driver and the oneVPL runtime."
_APPLE = "It needs a Mac."
_VAAPI = "It needs Linux, a GPU at /dev/dri/renderD128 that this user may open, and its VA-API driver."
_REINSTALL = "pip install --force-reinstall av imageio-ffmpeg"

_TABLE: tuple[tuple[str, Codec, Kind, str], ...] = (
    ("libx264", "h264", "software", _REINSTALL),
    ("h264_nvenc", "h264", "hardware", _NVIDIA),
    ("h264_amf", "h264", "hardware", _AMD),
    ("h264_qsv", "h264", "hardware", _INTEL),
    ("h264_videotoolbox", "h264", "hardware", _APPLE),
    ("h264_vaapi", "h264", "hardware", _VAAPI),
    ("libx265", "h265", "software", _REINSTALL),
    ("hevc_nvenc", "h265", "hardware", _NVIDIA),
    ("hevc_amf", "h265", "hardware", _AMD),
    ("hevc_qsv", "h265", "hardware", _INTEL),
    ("hevc_videotoolbox", "h265", "hardware", _APPLE),
    ("hevc_vaapi", "h265", "hardware", _VAAPI),
    ("libsvtav1", "av1", "software", _REINSTALL),
    ("libaom-av1", "av1", "software", _REINSTALL),
    ("av1_nvenc", "av1", "hardware", f"{_NVIDIA} AV1 came with its RTX 40 series."),
    ("av1_amf", "av1", "hardware", f"{_AMD} AV1 came with its RX 7000 series."),
    ("av1_qsv", "av1", "hardware", f"{_INTEL} AV1 came with its Arc series."),
    ("av1_vaapi", "av1", "hardware", _VAAPI),
)
ENCODERS: Mapping[str, Encoder] = {row[0]: Encoder(*row) for row in _TABLE}
DEFAULT = ENCODERS["libx264"]
"""What every installation has, and what stands in for all others."""

AUTO, HARDWARE = "auto", "hardware"


def candidates(codec: Codec, encoder: str) -> tuple[Encoder, ...]:
    """Who may encode a film, the first that works does: `encoder` is "auto", "hardware" or a name."""
    of_codec = [one for one in ENCODERS.values() if one.codec == codec]
    asked = [one for one in of_codec if one.name == encoder or (encoder, one.kind) == (HARDWARE, HARDWARE)]
    others = sorted(of_codec, key=lambda one: one.kind == "hardware")
    # Who named one, or wanted hardware, is given software next, not another GPU's luck.
    if encoder != AUTO:
        others = [one for one in others if one.kind == "software"]
    return tuple(dict.fromkeys([*asked, *others, DEFAULT]))


def known(name: str, codec: Codec) -> str:
    """`name`, when it is that of an encoder of `codec`, "auto" or "hardware"; raises PydanticCustomError."""
    if name in (AUTO, HARDWARE):
        return name
    encoder = ENCODERS.get(name)
    if encoder is None:
        mine = [one.name for one in ENCODERS.values() if one.codec == codec]
        meant = [one for one in mine if name and name in one]
        near = meant or get_close_matches(name, [AUTO, HARDWARE, *ENCODERS], n=1)
        remedy = f"Did you mean {near[0]!r}?" if near else f"Use 'auto', 'hardware', or one of {', '.join(mine)}."
        raise PydanticCustomError(
            "encoder_name", "there is no encoder named {name}", {"name": repr(name), "remedy": remedy}
        )
    if encoder.codec != codec:
        raise PydanticCustomError(
            "encoder_codec",
            "{name} makes {made}, and the codec asked for is {codec}",
            {"name": name, "made": encoder.codec, "codec": codec, "remedy": f"Set codec to '{encoder.codec}'."},
        )
    return name
