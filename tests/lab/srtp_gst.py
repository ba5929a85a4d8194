"""Media of gstreamer: one sender a direction, with RTCP beside it, both bound to the ports that they are sent to."""
import os
import subprocess

import cut
import lab as labs
import speech

SECONDS = 3
PORT = 20000
SPEECH = ("filesrc location={wave} ! wavparse ! audioconvert ! audioresample ! "
          "audio/x-raw,rate={rate},channels=1{format}")
PACKETS = "min-ptime=20000000 max-ptime=20000000"
PICTURES = "videotestsrc num-buffers=45 pattern={pattern} ! video/x-raw,width=320,height=240,framerate=15/1"
# how speech or pictures become RTP
CODECS = {
    "pcmu": (SPEECH, 8000, "", f"mulawenc ! rtppcmupay {PACKETS}"),
    "pcma": (SPEECH, 8000, "", f"alawenc ! rtppcmapay {PACKETS}"),
    "g722": (SPEECH, 16000, "", f"avenc_g722 ! rtpg722pay {PACKETS}"),
    "gsm": (SPEECH, 8000, "", "gsmenc ! rtpgsmpay"),
    "speex": (SPEECH, 16000, "", "speexenc ! rtpspeexpay pt=97"),
    "opus": (SPEECH, 48000, "", "opusenc bitrate=32000 ! rtpopuspay pt=111"),
    "l16": (SPEECH, 8000, ",format=S16BE", f"rtpL16pay pt=98 {PACKETS}"),
    "h264": (PICTURES, 0, "", "x264enc tune=zerolatency bitrate=150 key-int-max=30 ! rtph264pay pt=96"),
    "vp8": (PICTURES, 0, "", "vp8enc deadline=1 target-bitrate=150000 keyframe-max-dist=30 ! rtpvp8pay pt=100"),
    "amr": (SPEECH, 8000, "", "amrnbenc ! rtpamrpay pt=101"),
    "g726": (SPEECH, 8000, "", f"avenc_g726 bitrate=32000 ! rtpg726pay pt=102 {PACKETS}"),
    "siren": (SPEECH, 16000, "", "sirenenc ! rtpsirenpay pt=103"),
    "aac": (SPEECH, 48000, "", "avenc_aac bitrate=48000 ! rtpmp4apay pt=104"),
    "vp9": (PICTURES, 0, "", "vp9enc deadline=1 cpu-used=8 target-bitrate=150000 ! rtpvp9pay pt=106"),
}
# srtpenc's cipher, authentication and bytes of key and salt
SUITES = {
    "aes128-80": ("aes-128-icm", "hmac-sha1-80", 30),
    "aes128-32": ("aes-128-icm", "hmac-sha1-32", 30),
    "aes256-80": ("aes-256-icm", "hmac-sha1-80", 46),
    "aes128-noauth": ("aes-128-icm", "null", 30),
    "gcm128": ("aes-128-gcm", "null", 28),
    "gcm256": ("aes-256-gcm", "null", 44),
}


def wave_of(work):
    """Speech of the length of a call."""
    path = os.path.join(work.directory, "short.wav")
    if not os.path.exists(path):
        speech.write_wave(path, seconds=SECONDS)
    return path


def source(work, codec, pattern="ball"):
    """The part of a pipeline that ends in RTP."""
    media, rate, form, payload = CODECS[codec]
    return f"{media.format(wave=wave_of(work), rate=rate, format=form, pattern=pattern)} ! {payload}"


def key_of(side, suite):
    """Master key and salt of a side (0, 1) in hex."""
    return "".join(f"{(side * 101 + 37 * i + i * i) % 256:02x}" for i in range(SUITES[suite][2]))


def encryption(suite, side):
    """The element that makes SRTP of RTP and RTCP."""
    cipher, authentication, _ = SUITES[suite]
    return (f"srtpenc name=s key={key_of(side, suite)} rtp-cipher={cipher} rtp-auth={authentication} "
            f"rtcp-cipher={cipher} rtcp-auth={'null' if cipher.endswith('gcm') else 'hmac-sha1-80'}")


def start_sender(lab, host, address, peer, media, encrypt=None, port=PORT, muxed=False):
    """Sends media from port to the same port of the peer; encrypt: the srtpenc to use."""
    reports = port if muxed else port + 1
    sink = f"udpsink host={peer} bind-address={address}"
    rtp = f"{sink} port={port} bind-port={port}"
    rtcp = f"{sink} port={reports} bind-port={reports} sync=false async=false"
    if encrypt:
        wires = (f"{encrypt} rb.send_rtp_src_0 ! s.rtp_sink_0 s.rtp_src_0 ! {rtp} "
                 f"rb.send_rtcp_src_0 ! s.rtcp_sink_0 s.rtcp_src_0 ! {rtcp}")
    else:
        wires = f"rb.send_rtp_src_0 ! {rtp} rb.send_rtcp_src_0 ! {rtcp}"
    text = f"rtpbin name=rb {media} ! rb.send_rtp_sink_0 {wires}"
    return lab.start(host, ["gst-launch-1.0", "-q", *text.split()])


def finish(lab, work, senders, least=40):
    """Waits for the senders, and stops one that hangs at its end; the capture must hold enough of each."""
    for sender in senders:
        try:
            sender.wait(SECONDS + 3)
        except subprocess.TimeoutExpired:
            lab.stop(sender)
    work.afterwards(lambda path: check_enough(path, len(senders), least))


def check_enough(path, senders, least):
    """Complains when fewer senders have sent `least` datagrams or segments from the port of the media."""
    sources = [record[16 + 14 + 12: 16 + 14 + 16] for record in cut.read(path)[1] if cut.source_port(record) == PORT]
    heard = sum(sources.count(source) >= least for source in set(sources))
    if heard < senders:
        raise labs.LabError(f"{heard} of {senders} senders were heard")
