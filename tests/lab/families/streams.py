"""Media of which no signalling was captured: only its packets can tell whether it is protected."""
import srtp_calls as calls
import srtp_gst as gst
from scenario import Host, Subject, here, scenario

PAIR = {"alice": Host("10.77.0.101", "client_internal"), "bob": Host("10.77.0.102", "client_internal")}
BYPASS = {"alice": PAIR["alice"], "gw01": Host("10.77.0.50", "gateway", trunk="private")}
TRUNK = {"med01": Host("10.77.0.40", "mediation"), "gw01": BYPASS["gw01"]}
OUTSIDE = {"alice": PAIR["alice"], "carol": Host("198.51.100.7", "client_external")}
GST = ("gstreamer1.0-tools", "gstreamer1.0-plugins-base", "gstreamer1.0-plugins-good", "gstreamer1.0-plugins-bad",
       "gstreamer1.0-plugins-ugly", "gstreamer1.0-libav")
SENDER = ("gcc", "libsrtp2-dev", "libgnutls28-dev")
NAMES = {"pcmu": "G.711 mu-law", "pcma": "G.711 A-law", "g722": "G.722", "gsm": "GSM full rate",
         "speex": "Speex, wide band",
         "opus": "Opus", "l16": "linear samples of 16 bits", "h264": "H.264", "vp8": "VP8"}

MORE = {"amr": "AMR narrow band", "g726": "G.726 of 32 kbit/s", "siren": "Siren 7 (G.722.1)", "aac": "AAC",
        "vp9": "VP9"}


def ends_of(hosts):
    return tuple((key, host.address) for key, host in hosts.items())


def on(row, hosts, verdict, area="media", note=""):
    client, server = hosts
    return [Subject(row, client, server, verdict, area=area, note=note)]


def by_gst(name, shows, codec, verdict, suites=(None, None), muxed=False, robust=False):
    """A scenario of two senders of gstreamer; suites: what each one encrypts with."""
    def play(lab, work):
        (alice, bob), senders = ends_of(PAIR), []
        for number, (own, peer, suite) in enumerate(((bob, alice, suites[1]), (alice, bob, suites[0]))):
            media = gst.source(work, codec, ("ball", "smpte")[number])
            encrypt = gst.encryption(suite, number) if suite else None
            senders.append(gst.start_sender(lab, *own, peer[1], media, encrypt, muxed=muxed))
        gst.finish(lab, work, senders)
    play.__doc__ = shows
    scenario(f"media/{name}", PAIR, on("TT-04", PAIR, verdict), *GST, robust=robust)(play)


def by_sender(name, shows, policies, verdict, row="TT-04", hosts=None, seconds=calls.SECONDS, note="", area="media",
              robust=False):
    """A scenario of two senders of exact SRTP."""
    hosts = hosts or PAIR

    def play(lab, work):
        calls.talk(lab, work, ends_of(here(lab, hosts)), policies, seconds)
    play.__doc__ = shows
    rows = {row: verdict} if isinstance(row, str) else dict(zip(row, verdict))
    subjects = [s for one, said in rows.items() for s in on(one, hosts, said, area, note)]
    scenario(f"media/{name}", hosts, subjects, *SENDER, robust=robust)(play)


for _codec, _what in NAMES.items():
    by_gst(f"{_codec}_clear", f"Plain RTP both ways, {_what}; no signalling.", _codec, "violation",
           robust=_codec == "opus")
    by_gst(f"{_codec}_srtp", f"SRTP both ways, {_what} under AES-128 with 80-bit tags; no signalling.", _codec, ""
           "compliant", ("aes128-80", "aes128-80"), robust=_codec == "opus")
for _codec, _what in MORE.items():
    by_gst(f"{_codec}_clear", f"Plain RTP both ways, {_what}; no signalling.", _codec, "violation")
by_gst("opus_srtp_32", "SRTP both ways, Opus under AES-128 with 32-bit tags; no signalling.", "opus", "compliant",
       ("aes128-32", "aes128-32"))
by_gst("opus_srtp_gcm256", "SRTP both ways, Opus under AEAD_AES_256_GCM; no signalling.", "opus", "compliant",
       ("gcm256", "gcm256"))
by_gst("h264_srtp_gcm128", "SRTP both ways, H.264 under AEAD_AES_128_GCM; no signalling.", "h264", "compliant",
       ("gcm128", "gcm128"))
by_gst("vp8_srtp_256", "SRTP both ways, VP8 under AES-256 with 80-bit tags; no signalling.", "vp8", "compliant",
       ("aes256-80", "aes256-80"))
by_gst("opus_unauthenticated", "SRTP without any tag both ways, Opus: encrypted, and anyone can change it; its sizes do "
       "not tell.", "opus", "violation", ("aes128-noauth", "aes128-noauth"))
by_gst("opus_one_side_srtp", "Opus: one side sends SRTP, the other plain RTP; no signalling.", "opus", "violation",
       ("aes128-80", None))
by_gst("h264_one_side_srtp", "H.264: one side sends SRTP, the other plain RTP; no signalling.", "h264", "violation",
       (None, "aes128-80"))
by_gst("pcmu_muxed_clear", "Plain RTP both ways with RTCP on the same ports, G.711; no signalling.", "pcmu", ""
       "violation", muxed=True)
by_gst("pcmu_muxed_srtp", "SRTP both ways with SRTCP on the same ports, G.711; no signalling.", "pcmu", "compliant",
       ("aes128-80", "aes128-80"), muxed=True)

for _policy, _what in (("aes128-32", "AES-128 with 32-bit tags"), ("aes192-80", "AES-192 with 80-bit tags"),
                       ("aes256-80", "AES-256 with 80-bit tags"), ("gcm128", "AEAD_AES_128_GCM"),
                       ("gcm256", "AEAD_AES_256_GCM"), ("aes128-80-mki", "AES-128 with 80-bit tags and MKI"),
                       ("gcm128-mki", "AEAD_AES_128_GCM with MKI"),
                       ("aes128-80-clearrtcp", "AES-128 with 80-bit tags and readable reports (UNENCRYPTED_SRTCP)")):
    by_sender(f"exact_{_policy.replace('-', '_')}", f"SRTP both ways, G.711 under {_what}; no signalling.",
              (_policy, _policy), "compliant")
by_sender("exact_clear", "Plain RTP both ways, G.711; no signalling.", ("clear", "clear"), "violation", robust=True)
by_sender("exact_null_80", "SRTP with the NULL cipher and 80-bit tags both ways: authenticated, and speech can be "
          "heard.", ("null-80", "null-80"), "violation", robust=True)
by_sender("exact_null_32", "SRTP with the NULL cipher and 32-bit tags both ways: authenticated, and speech can be "
          "heard.", ("null-32", "null-32"), "violation")
by_sender("exact_one_side_null", "One side encrypts, the other sends SRTP with the NULL cipher.",
          ("aes128-80", "null-80"), "violation")
by_sender("exact_one_side_clear", "One side encrypts, the other sends plain RTP.", ("clear", "gcm256"), "violation")
by_sender("exact_unauthenticated", "SRTP without any tag both ways: encrypted, and anyone can change it.",
          ("aes128-noauth", "aes128-noauth"), "violation",
          note="G.711 of 160 bytes in 20 ms is full: there is no room for a tag")
by_sender("exact_two_suites", "SRTP both ways, AES-128 with a 32-bit tag one way and AEAD_AES_256_GCM the other.",
          ("aes128-32", "gcm256"), "compliant")
by_sender("exact_short_srtp", "One second of SRTP both ways, AES-128 with 80-bit tags: 50 packets a side.",
          ("aes128-80", "aes128-80"), "compliant", seconds=1)
by_sender("exact_short_clear", "One second of plain RTP both ways: 50 packets a side.", ("clear", "clear"), "violation",
          seconds=1)
by_sender("exact_begins_clear", "Plain RTP for the first half of both streams, SRTP after that.",
          ("aes128-80-later", "aes128-80-later"), "violation")
by_sender("exact_ends_clear", "SRTP for the first half of both streams, plain RTP after that.",
          ("aes128-80-first", "aes128-80-first"), "violation")
by_sender("exact_one_side_ends_clear", "SRTP both ways; the callee stops to encrypt in the middle of its stream.",
          ("aes128-80", "aes128-80-first"), "violation")
by_sender("bypass_clear", "Media bypass: plain RTP between a client and the gateway, which is permitted.",
          ("clear", "clear"), "exempt", "TT-11a", BYPASS)
by_sender("trunk_clear", "Plain RTP between the Mediation Server and the gateway, which is permitted on a private "
          "trunk.", ("clear", "clear"), "exempt", "TT-11a", TRUNK)
by_sender("trunk_srtp", "SRTP between the Mediation Server and the gateway; no signalling tells who knows the keys.",
          ("aes128-80", "aes128-80"), "unknown", "TT-11b", TRUNK, area=None)
by_sender("outside_clear", "Plain RTP between a client inside and one outside.", ("clear", "clear"), "violation",
          hosts=OUTSIDE)
by_sender("outside_srtp", "SRTP between a client inside and one outside.", ("aes256-32", "aes256-32"), "compliant",
          hosts=OUTSIDE)


def play_one_way(lab, work, codec, suite):
    """alice sends, bob is silent."""
    alice, bob = ends_of(PAIR)
    encrypt = gst.encryption(suite, 1) if suite else None
    gst.finish(lab, work, [gst.start_sender(lab, *alice, bob[1], gst.source(work, codec), encrypt)])


@scenario("media/one_way_opus_clear", PAIR, on("TT-04", PAIR, "violation"), *GST)
def one_way_opus_clear(lab, work):
    """Plain RTP one way only, Opus; the other side sends nothing. No signalling."""
    play_one_way(lab, work, "opus", None)


@scenario("media/one_way_opus_srtp", PAIR, on("TT-04", PAIR, "compliant"), *GST)
def one_way_opus_srtp(lab, work):
    """SRTP one way only, Opus; the other side sends nothing. No signalling."""
    play_one_way(lab, work, "opus", "aes128-80")


def synthetic_sound(lab, work, wave, suite):
    """Both sides send a sound of audiotestsrc for three seconds."""
    alice, bob = ends_of(PAIR)
    sound = f"audiotestsrc wave={wave} num-buffers=150 samplesperbuffer=160 ! audio/x-raw,rate=8000,channels=1"
    senders = []
    for number, (own, peer) in enumerate(((bob, alice), (alice, bob))):
        encrypt = gst.encryption(suite, number) if suite else None
        senders.append(gst.start_sender(lab, *own, peer[1], f"{sound} ! mulawenc ! rtppcmupay {gst.PACKETS}", encrypt))
    gst.finish(lab, work, senders)


@scenario("media/silence_clear", PAIR, on("TT-04", PAIR, "violation"), *GST)
def silence_clear(lab, work):
    """Plain RTP of complete silence both ways, G.711: every payload is the same. No signalling."""
    synthetic_sound(lab, work, "silence", None)


@scenario("media/silence_srtp", PAIR, on("TT-04", PAIR, "compliant"), *GST)
def silence_srtp(lab, work):
    """SRTP of complete silence both ways, G.711 under AES-128: no two payloads are the same. No signalling."""
    synthetic_sound(lab, work, "silence", "aes128-80")


@scenario("media/noise_clear", PAIR, on("TT-04", PAIR, "violation"), *GST)
def noise_clear(lab, work):
    """Plain RTP of white noise both ways, G.711: all its samples are random, and none of it is encrypted. No
    signalling."""
    synthetic_sound(lab, work, "white-noise", None)


@scenario("media/l16_noise_clear", PAIR, on("TT-04", PAIR, "violation"), *GST)
def l16_noise_clear(lab, work):
    """Plain RTP of white noise both ways in linear samples: no byte of it tells that it is not encrypted, only that a
    packet has no room for a tag. No signalling."""
    sound = ("audiotestsrc wave=white-noise volume=1 num-buffers=150 samplesperbuffer=160 ! "
             "audio/x-raw,rate=8000,channels=1")
    (alice, bob), senders = ends_of(PAIR), []
    for own, peer in ((bob, alice), (alice, bob)):
        senders.append(gst.start_sender(lab, *own, peer[1], f"{sound},format=S16BE ! rtpL16pay pt=98 {gst.PACKETS}"))
    gst.finish(lab, work, senders)


def play_framed(lab, work, suite):
    """RTP in TCP, RFC 4571, from alice to bob."""
    alice, bob = ends_of(PAIR)
    lab.start("bob", ["gst-launch-1.0", "-q", "tcpserversrc", f"host={bob[1]}", "port=20000", "!", "fakesink"])
    lab.wait_listening("bob", "tcp", 20000)
    encrypt = f"! {gst.encryption(suite, 1)}" if suite else ""
    text = f"{gst.source(work, 'pcmu')} {encrypt} ! rtpstreampay ! tcpclientsink host={bob[1]} port=20000 sync=true"
    lab.wait_ended(lab.start(alice[0], ["gst-launch-1.0", "-q", *text.split()]))


@scenario("media/tcp_framed_clear", PAIR, on("TT-04", PAIR, "violation"), *GST)
def tcp_framed_clear(lab, work):
    """Plain RTP in a TCP connection, each packet after its length (RFC 4571), G.711. No signalling."""
    play_framed(lab, work, None)


@scenario("media/tcp_framed_srtp", PAIR, on("TT-04", PAIR, "compliant"), *GST)
def tcp_framed_srtp(lab, work):
    """SRTP in a TCP connection, each packet after its length (RFC 4571), G.711. No signalling."""
    play_framed(lab, work, "aes128-80")
