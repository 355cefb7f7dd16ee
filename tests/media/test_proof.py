"""Encoders are proved by what they encode; drivers that hang or crash take nobody with them."""

from __future__ import annotations

import sys
import threading

import av
import pytest

from aura_nb.codecs import ENCODERS
from aura_nb.media import ffmpeg
from aura_nb.media.proof import Proof, prove


@pytest.fixture(scope="module")
def proofs():
    return prove(binary=ffmpeg.find(), known={})


def test_software_of_every_codec_works_here_and_says_its_version(proofs):
    able = {name: proof for name, proof in proofs.items() if proof.usable}
    assert {"libx264", "libx265", "libsvtav1", "libaom-av1"} <= set(able)
    assert able["libx264"].version.startswith("core ")
    assert able["libsvtav1"].version.startswith("v")
    assert all(proof.version for proof in able.values())


def test_what_pyav_lacks_an_ffmpeg_does(proofs):
    assert "libaom-av1" not in av.codecs_available
    assert proofs["libaom-av1"].binary == ffmpeg.find()
    assert proofs["libx265"].binary is None


def test_being_listed_proves_nothing(proofs):
    """PyAV lists NVENC's encoders on every machine; without a GPU none of them is usable."""
    listed = [name for name in ENCODERS if name.endswith("_nvenc") and name in av.codecs_available]
    assert listed
    for name in listed:
        assert not proofs[name].usable
        assert "libcuda" in proofs[name].why


def test_every_encoder_is_answered_for_and_the_useless_say_why(proofs):
    assert list(proofs) == list(ENCODERS)
    assert "not in this build" in proofs["h264_videotoolbox"].why
    assert all(proof.why for proof in proofs.values() if not proof.usable)


class Fake:
    """A child that answers for some encoders, and at one name does as it is told."""

    def __init__(self, tmp_path, at):
        self.log = tmp_path / "log"
        code = (
            "import json, os, sys, time\n"
            "request = json.loads(sys.argv[1])\n"
            f"open({str(self.log)!r}, 'a').write(' '.join(request['encoders']) + '\\n')\n"
            "for name in request['encoders']:\n"
            f"    if name == 'bad': {at}\n"
            "    print(json.dumps({'encoder': name, 'by': 'av', 'why': '', 'version': '1'}), flush=True)\n"
        )
        self.command = (sys.executable, "-c", code)

    def runs(self):
        return self.log.read_text().splitlines()


@pytest.mark.parametrize(
    ("at", "why"),
    [
        ("time.sleep(60)", "no answer within 1 s"),
        ("os._exit(3)", "code 3"),
        ("1 / 0", "ZeroDivision"),
    ],
)
def test_one_that_hangs_or_crashes_is_passed_over_and_the_rest_are_tried(tmp_path, at, why):
    fake = Fake(tmp_path, at)
    found = prove(["good", "bad", "other"], seconds=1, command=fake.command, known={})
    assert {name: proof.usable for name, proof in found.items()} == {"good": True, "bad": False, "other": True}
    assert why in found["bad"].why
    assert fake.runs() == ["good bad other", "other"]


def test_nobody_is_tried_twice_in_a_process(tmp_path):
    fake, known = Fake(tmp_path, "pass"), {}
    prove(["good"], command=fake.command, known=known)
    threads = [
        threading.Thread(target=prove, args=(["good", "other"],), kwargs={"command": fake.command, "known": known})
        for _ in range(3)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert fake.runs() == ["good", "other"]
    assert known["other", None] == Proof("other", version="1")


def test_another_ffmpeg_is_another_matter(tmp_path):
    fake, known = Fake(tmp_path, "pass"), {}
    prove(["good"], command=fake.command, known=known)
    prove(["good"], binary=ffmpeg.Binary(tmp_path / "ffmpeg", "7", "PATH"), command=fake.command, known=known)
    assert fake.runs() == ["good", "good"]


def test_one_that_encodes_something_else_is_found_out(tmp_path):
    real, script = ffmpeg.find(), tmp_path / "ffmpeg"
    script.write_text(
        f"#!{sys.executable}\n"
        "import os, sys\n"
        "args = ['libx264' if arg == 'h264_vaapi' else arg for arg in sys.argv[1:] if arg != '-vaapi_device']\n"
        "args = [arg.replace('setparams', 'negate,setparams').replace('hwupload', 'null') for arg in args]\n"
        "args = [arg for arg in args if arg != '/dev/dri/renderD128']\n"
        f"os.execv({str(real.path)!r}, [{str(real.path)!r}, *args])\n",
        encoding="utf-8",
    )
    script.chmod(0o755)
    wrong = ffmpeg.Binary(script, "0", "test")
    proof = prove(["h264_vaapi"], binary=wrong, known={})["h264_vaapi"]
    assert proof.why == "what it encoded is not what it was given"


@pytest.mark.slow
def test_an_ffmpeg_that_hangs_is_ended_by_the_child_and_leaves_nothing(tmp_path):
    import psutil

    script = tmp_path / "ffmpeg"
    script.write_text(f"#!/bin/sh\necho $$ > {tmp_path}/pid\nexec sleep 60\n", encoding="utf-8")
    script.chmod(0o755)
    binary = ffmpeg.Binary(script, "0", "test")
    proof = prove(["h264_vaapi"], binary=binary, seconds=1, known={})["h264_vaapi"]
    assert not proof.usable
    pid = int((tmp_path / "pid").read_text())
    assert not psutil.pid_exists(pid) or psutil.Process(pid).status() == psutil.STATUS_ZOMBIE
