"""How each encoder is set: as fast as keeps its size, a keyframe every two seconds, one thread, a quality.

Qualities are told on x264's scale of constant rate factors (CRF). What equals them elsewhere:

- x265: 28 looks like x264's 23 (https://trac.ffmpeg.org/wiki/Encode/H.265). On our cards, from 18 to 28, its
  VMAF is 0.4 to 1.1 less than x264's then, at 0.66 to 0.71 of the size.
- AV1 in software: measured on our cards, where one fades to the next (`aura.compare_encoders`). From 18 to 28
  SVT-AV1's SSIM and VMAF are then better than x264's, at 0.54 to 0.63 of the size; libaom's are better still.
- Hardware: its constant-quality parameter has the steps of x264's, six to twice the rate, and where the
  maker's own rate control decides, two are added. A rule of thumb: there was no GPU to measure.
"""

from __future__ import annotations

from functools import lru_cache

KEYFRAME_SECONDS = 2

# superfast with macroblock-tree and a short look-ahead and, as x264's own tuning for animation has them, five
# B-frames and weaker adaptive quantisation: veryfast's VMAF at a rate factor, and its SSIM at a size, in 55 % of
# its time (benchmarks/render.py). Nothing is looked for that our segments never hold: a cut, a change of the
# light, a place where fewer B-frames would do better. Anything but one thread changes the bytes with the machine.
_X264 = (
    "mbtree=1:rc-lookahead=8:bframes=5:b-adapt=0:weightp=0:scenecut=0:aq-strength=0.6"
    ":open-gop=0:force-cfr=1:threads=1:lookahead-threads=1:sliced-threads=0"
)
# One thread: no pool, and nothing that would want one (https://x265.readthedocs.io/en/master/threading.html).
_X265 = (
    "open-gop=0:scenecut=0:frame-threads=1:pools=none:wpp=0:pmode=0:pme=0:lookahead-slices=0"
    ":info=0:log-level=error"
)
_AVX_512F = 13  # CV_CPU_AVX_512F of opencv2/core/cvdef.h, which the binding leaves out


def options(encoder: str, *, fps: int, crf: int, max_kbps: int | None = None) -> dict[str, str]:
    """The options of libavcodec for `encoder`, that also ffmpeg takes: constant quality, as `crf` on x264's scale.

    With `max_kbps` the rate stays below that over any two seconds, where the encoder can promise it.
    """
    keyframes = KEYFRAME_SECONDS * fps
    chosen = {"g": str(keyframes), **_quality(encoder, crf)}
    match encoder:
        case "libx264":
            del chosen["g"]
            chosen |= {"preset": "superfast", "x264-params": f"{_X264}:keyint={keyframes}{_only_avx2()}"}
        case "libx265":
            chosen |= {"preset": "superfast", "x265-params": f"{_X265}:keyint={keyframes}:min-keyint={keyframes}"}
        case "libsvtav1":
            # From preset 10 on its authors warn of artefacts. It gives the same bytes however many threads.
            chosen |= {"preset": "8", "svtav1-params": "lp=1:scd=0"}
        case "libaom-av1":
            chosen |= {
                "cpu-used": "8",
                "usage": "good",
                "threads": "1",
                "row-mt": "0",
                "keyint_min": str(keyframes),
            }
        case _ if encoder.endswith("_nvenc"):
            chosen |= {"preset": "p5", "tune": "hq", "no-scenecut": "1"}
    if max_kbps is not None and encoder in _CAPPED:
        chosen |= {"maxrate": f"{max_kbps}k", "bufsize": f"{KEYFRAME_SECONDS * max_kbps}k"}
    return chosen


# Those that keep a quality and a highest rate at once.
_CAPPED = ("libx264", "libx265", "libsvtav1", "h264_nvenc", "hevc_nvenc", "av1_nvenc")


def _quality(encoder: str, crf: int) -> dict[str, str]:
    maker, codec = encoder.rsplit("_", 1)[-1], encoder.split("_", 1)[0]
    quantiser = str(min(255, 5 * crf) if codec == "av1" else min(51, crf))
    match maker:
        case "libx264":
            return {"crf": str(crf)}
        case "libx265":
            return {"crf": str(min(51, crf + 5))}
        case "libsvtav1":
            return {"crf": str(av1_crf(crf))}
        case "libaom-av1":
            return {"crf": str(av1_crf(crf)), "b": "0"}
        case "nvenc":
            return {"rc": "vbr", "cq": str(av1_crf(crf) if codec == "av1" else min(51, crf + 2)), "b": "0"}
        case "amf":
            return {"rc": "cqp", "qp_i": quantiser, "qp_p": quantiser}
        case "vaapi":
            return {"rc_mode": "CQP", "global_quality": quantiser}
        case "qsv":
            return {"global_quality": str(min(51, crf + 2))}
        case _:
            # VideoToolbox: 1 to 100, best last; CRF 18 is taken for 75, and each step for 2.5.
            return {"q:v": str(max(1, round(75 - 2.5 * (crf - 18))))}


def av1_crf(crf: int) -> int:
    """What x264's `crf` is on the scale of SVT-AV1 and libaom, 0 to 63."""
    return min(63, max(1, round(32 + 2.5 * (crf - 20))))


@lru_cache(maxsize=1)
def _only_avx2() -> str:
    """x264 without AVX-512, where the processor has that.

    x264's macroblock-tree in AVX-512 (core 165) differs from itself once in 70 runs on a moving 320×180
    picture; in AVX2, which such processors have as well and which is no slower, never in 2,000.
    """
    import cv2

    return ":asm=avx2" if cv2.checkHardwareSupport(_AVX_512F) else ""
