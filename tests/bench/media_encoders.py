"""RTP payloads of real encoders (gstreamer, ffmpeg, bcg729), and of what needs none: text, events, comfort noise.

streams(kind) gives packets of several contents, each a list of (milliseconds, timestamp, marker, type, payload)."""
import json
import os
import random
import shlex
import shutil
import struct
import subprocess

SECONDS = 26  # of each content of audio
FRAMES = 500  # of each content of video
VOICES = ("en+m1", "en+f2", "de+m3", "fr+f1", "es+m4", "it+f3", "pt+m5", "nl+f4")
TEXT = ("The quick report said that nobody had heard the second caller, {0}, before the line went quiet at {1}. "
        "Please hold on; we are looking for room {1}, and someone called {0} will answer shortly. "
        "Yes. No, {1} of them. Well, I had rather thought that {0} would know about it. ")
# what is added to, or said instead of, the speech; "mix": speech and noise of that amplitude
SOUNDS = {
    "speech": [("speech", voice) for voice in VOICES],
    "noisy": [("mix", voice) for voice in VOICES[:4]],
    "music": [("synth", "0.2*sin(2*PI*220*t)*(1+sin(2*PI*0.7*t))+0.15*sin(2*PI*331*t*(1+0.01*sin(3*t)))+0.1*sin(2*PI*523*t)"),
              ("synth", "0.3*sin(2*PI*(300+250*sin(t))*t/4)+0.02*random(0)")],
    "tone": [("synth", f"0.4*sin(2*PI*{hertz}*t)") for hertz in (350, 425, 440, 1000, 1004, 2100)],
    "silence": [("gaps", voice) for voice in VOICES],
}
MIXED = ("speech", "noisy", "music")
PACKETS = "min-ptime=20000000 max-ptime=20000000"
# kind: clock in Hz, sounds, rate of the samples, the rest of the pipeline
AUDIO = {
    "pcmu": (8000, MIXED, 8000, f"mulawenc ! rtppcmupay {PACKETS}"),
    "pcma": (8000, MIXED, 8000, f"alawenc ! rtppcmapay {PACKETS}"),
    "pcma-pauses": (8000, ("silence",), 8000, f"alawenc ! rtppcmapay {PACKETS}"),
    "pcmu-tone": (8000, ("tone",), 8000, f"mulawenc ! rtppcmupay {PACKETS}"),
    "g722": (8000, MIXED, 16000, f"avenc_g722 ! rtpg722pay {PACKETS}"),
    "gsm": (8000, MIXED, 8000, "gsmenc ! rtpgsmpay"),
    "g726": (8000, MIXED, 8000, f"avenc_g726 bitrate=32000 ! rtpg726pay pt=102 {PACKETS}"),
    "speex": (8000, MIXED, 8000, "speexenc quality=4 ! rtpspeexpay pt=97"),
    "speex-wide": (16000, MIXED, 16000, "speexenc ! rtpspeexpay pt=97"),
    "opus-12": (48000, MIXED, 48000, "opusenc bitrate=12000 audio-type=voice ! rtpopuspay pt=111"),
    "opus-32": (48000, MIXED, 48000, "opusenc bitrate=32000 ! rtpopuspay pt=111"),
    "opus-96": (48000, MIXED, 48000, "opusenc bitrate=96000 ! rtpopuspay pt=111"),
    "amr": (8000, MIXED, 8000, "amrnbenc ! rtpamrpay pt=101"),
    "amr-wb": (16000, MIXED, 16000, "voamrwbenc ! rtpamrpay pt=101"),
    "siren": (16000, MIXED, 16000, "sirenenc ! rtpsirenpay pt=103"),
    "aac": (48000, MIXED, 48000, "avenc_aac bitrate=48000 ! rtpmp4apay pt=104"),
    "l16": (8000, MIXED, 8000, f"rtpL16pay pt=98 {PACKETS}"),
}
PATTERNS = ("ball", "smpte", "zone-plate", "circular", "pinwheel", "spokes", "gamut", "colors")
SIZE = "width=352,height=288"
VIDEO = {
    "h263": "avenc_h263 bitrate=300000 ps=1000 ! rtph263pay",
    "h263-1998": "avenc_h263p bitrate=300000 ! rtph263ppay pt=105",
    "h264": "x264enc tune=zerolatency bitrate=300 speed-preset=ultrafast key-int-max=60 ! rtph264pay pt=96",
    "h264-wide": "x264enc tune=zerolatency bitrate=1500 speed-preset=ultrafast key-int-max=300 ! rtph264pay pt=96",
    "h265": "x265enc tune=zerolatency bitrate=300 speed-preset=ultrafast ! rtph265pay pt=107",
    "vp8": "vp8enc deadline=1 cpu-used=8 target-bitrate=300000 keyframe-max-dist=60 ! rtpvp8pay pt=100",
    "vp9": "vp9enc deadline=1 cpu-used=8 target-bitrate=300000 ! rtpvp9pay pt=106",
}
SCRIPTED = ("g729", "g729-vad", "t140", "t140-red", "dtmf", "comfort-noise")
KINDS = (*AUDIO, *VIDEO, *SCRIPTED)
NEEDED = ("gst-launch-1.0", "ffmpeg", "espeak-ng", "cc")


def missing():
    """What is not installed here, as words."""
    tools = [tool for tool in NEEDED if shutil.which(tool) is None]
    headers = [name for name in ("bcg729/encoder.h", "srtp2/srtp.h") if not os.path.exists("/usr/include/" + name)]
    lines = " ".join((*(line for _, _, _, line in AUDIO.values()), *VIDEO.values())).replace("!", " ").split()
    elements = {word for word in lines if word.startswith("rtp") or word.endswith("enc") or word.startswith("avenc")}
    absent = [] if tools else [name for name in sorted(elements)
                               if subprocess.run(["gst-inspect-1.0", "--exists", name], check=False).returncode]
    return tools + headers + absent


class Encoders:
    """Contents are made once, in a folder of the caller."""

    def __init__(self, folder, helper):
        """helper: the program of g729_frames.c."""
        self.folder, self.helper = folder, helper

    def streams(self, kind):
        """Each content's packets."""
        if kind in AUDIO:
            clock, sounds, rate, rest = AUDIO[kind]
            for name in sounds:
                for i, sound in enumerate(SOUNDS[name]):
                    source = f"filesrc location={self._wave(name, i, sound)} ! wavparse ! audioconvert ! audioresample ! "
                    form = ",format=S16BE" if kind == "l16" else ""
                    yield self._rtp(f"{source}audio/x-raw,rate={rate},channels=1{form} ! {rest}", clock)
        elif kind in VIDEO:
            for pattern in PATTERNS:
                source = f"videotestsrc num-buffers={FRAMES} pattern={pattern} ! video/x-raw,{SIZE},framerate=15/1 ! "
                yield self._rtp(source + "videoconvert ! " + VIDEO[kind], 90000)
        else:
            yield from getattr(self, "_" + kind.split("-")[0])(kind)

    def _wave(self, name, i, sound):
        path = f"{self.folder}/{name}{i}.wav"
        if os.path.exists(path):
            return path
        how, what = sound
        if how == "synth":
            given = ["-f", "lavfi", "-i", f"aevalsrc={what}:s=48000:d={SECONDS}"]
        else:
            voice = f"{self.folder}/voice.wav"
            text = " ".join(TEXT.format(who, number) for number, who in enumerate(("Anna", "Mr Bell", "the chair", what)))
            subprocess.run(["espeak-ng", "-v", what, "-s", str(130 + 11 * i), "-p", str(30 + 7 * i), "-g",
                            "40" if how == "gaps" else "2", "-w", voice, text * 2], check=True)
            given = ["-i", voice]
            if how == "mix":
                given += ["-f", "lavfi", "-i", f"anoisesrc=a=0.0{i + 1}:c=pink:d={SECONDS}", "-filter_complex",
                          "[0][1]amix=inputs=2:duration=first"]
        subprocess.run(["ffmpeg", "-v", "error", "-y", *given, "-t", str(SECONDS), "-ar", "48000", "-ac", "1", path],
                       check=True)
        return path

    def _rtp(self, pipeline, clock):
        """Packets of a pipeline that ends in a payloader."""
        path = self.folder + "/frames"
        words = shlex.split(pipeline.replace("(", r"\(").replace(")", r"\)"))
        subprocess.run(["gst-launch-1.0", "-q", *words, "!", "rtpstreampay", "!", "filesink", "buffer-mode=unbuffered",
                        "location=" + path],
                       check=True, stdout=subprocess.DEVNULL)
        packets, first = [], None
        with open(path, "rb") as frames:
            data = frames.read()
        at = 0
        while at + 14 <= len(data):
            size = struct.unpack_from(">H", data, at)[0]
            second, _, stamp = struct.unpack_from(">xBHI", data, at + 2)
            first = stamp if first is None else first
            passed = (stamp - first) & 0xFFFFFFFF
            packets.append((passed * 1000 // clock, passed, second >> 7, second & 127, data[at + 14:at + 2 + size]))
            at += 2 + size
        return packets

    def _samples(self, name, i, sound, rate):
        out = subprocess.run(["ffmpeg", "-v", "error", "-i", self._wave(name, i, sound), "-ar", str(rate), "-f", "s16le", "-"],
                             check=True, stdout=subprocess.PIPE)
        return out.stdout

    def _g729(self, kind):
        """Two frames of 10 ms a packet; with silence suppression a frame of 2 bytes ends a talk spurt (RFC 3551 4.5.6)."""
        sounds = ("silence",) if kind == "g729-vad" else MIXED
        for name in sounds:
            for i, sound in enumerate(SOUNDS[name]):
                out = subprocess.run([self.helper, "1" if kind == "g729-vad" else "0"], check=True, stdout=subprocess.PIPE,
                                     input=self._samples(name, i, sound, 8000)).stdout
                packets, at, number, silent = [], 0, 0, True
                while at < len(out):
                    payload, begun = b"", number
                    while at < len(out) and number < begun + 2:
                        size = out[at]
                        payload += out[at + 1:at + 1 + size]
                        at += 1 + size
                        number += 1
                        if size < 10:
                            break
                    if payload:
                        packets.append((begun * 10, begun * 80, silent, 18, payload))
                    silent = len(payload) < 10
                yield packets

    def _t140(self, kind):
        """RFC 4103: what was typed within 300 ms; with redundancy two generations before it, under RFC 2198."""
        for seed in range(8):
            chance = random.Random(seed)
            text = " ".join(TEXT.format(voice, seed) for voice in VOICES) * 2
            packets, at, old = [], 0, []
            for number in range(900):
                count = chance.choice((1, 1, 2, 2, 3, 4))
                typed = text[at % len(text):][:count].encode()
                at += count
                body = typed
                if kind == "t140-red":
                    before = (old + [b"", b""])[:2][::-1]
                    head = b"".join(struct.pack(">I", 1 << 31 | 98 << 24 | 300 * (2 - i) << 10 | len(piece))
                                    for i, piece in enumerate(before))
                    body = head + bytes([98]) + b"".join(before) + typed
                old = [typed, *old[:1]]
                packets.append((number * 300, number * 300, number == 0, 99 if kind == "t140-red" else 98, body))
            yield packets

    def _dtmf(self, _):
        """RFC 4733: keys of 100 ms, a packet each 20 ms with the duration so far, the last one three times."""
        for seed in range(8):
            chance = random.Random(seed)
            packets, now = [], 0
            for _ in range(130):
                event, volume = chance.randrange(12), chance.choice((7, 10, 13))
                for i in range(8):
                    end = i >= 5
                    duration = min(i + 1, 6) * 160
                    packets.append((now + 20 * i, now * 8, i == 0, 101, struct.pack(">BBH", event, end << 7 | volume, duration)))
                now += 160 + chance.randrange(2, 20) * 20
            yield packets

    def _comfort(self, _):
        """RFC 3389 from ffmpeg's encoder, ten coefficients, a packet each 80 ms."""
        for name in ("noisy", "silence"):
            for i, sound in enumerate(SOUNDS[name]):
                path = self.folder + "/noise.nut"
                subprocess.run(["ffmpeg", "-v", "error", "-y", "-i", self._wave(name, i, sound), "-ar", "8000", "-c:a",
                                "comfortnoise", "-f", "nut", path], check=True)
                shown = subprocess.run(["ffprobe", "-v", "error", "-show_packets", "-show_data", "-of", "json", path],
                                       check=True, stdout=subprocess.PIPE).stdout
                hexes = [packet["data"].split(": ")[1].split("  ")[0] for packet in json.loads(shown)["packets"]]
                yield [(number * 80, number * 640, number == 0, 13, bytes.fromhex(digits)) for number, digits in enumerate(hexes)]
