"""baresip phones that register at fe01 and call each other, and sipp with exact messages."""
import os

from lab import literal

BARESIP = """
poll_method epoll
sip_listen {address}:5060
audio_player aubridge,rx
audio_source aufile,{wave}
ausrc_srate 48000
auplay_srate 48000
ausrc_channels 1
auplay_channels 1
rtp_tos 184
rtp_ports 20000-20019
rtcp_mux no
jitter_buffer_type fixed
jitter_buffer_delay 1-5
module_path /usr/lib/baresip/modules
module g711.so
module aufile.so
module aubridge.so
module srtp.so
module dtls_srtp.so
module_tmp uuid.so
module_tmp account.so
module_app menu.so
"""


def baresip(lab, work, user, address, server, transport="udp", media="", dial=None):
    """Starts a phone that registers at server ("10.77.0.10:5060") and, if asked, dials."""
    lab.write(f"{user}/config", BARESIP.format(address=literal(address), wave=work.wave))
    media = f"mediaenc={media};" if media else ""
    lab.write(f"{user}/accounts",
              f'<sip:{user}@contoso.com;transport={transport}>;auth_pass=none;'
              f'outbound="sip:{server};transport={transport}";regint=120;{media}'
              f'audio_codecs=PCMU/8000/1;answermode=auto\n')
    lab.write(f"{user}/contacts", "")
    options = ["-e", f"/dial sip:{dial}@contoso.com"] if dial else []
    return lab.start(user, ["baresip", "-f", lab.path(user), *options], environment={"HOME": lab.path(user)})


def sipp(lab, host, address, port, scenario, *options, remote=None, transport="u1", keys=None):
    """Starts sipp with a scenario for one call; keys replace [name] in it."""
    for name, value in (keys or {}).items():
        scenario = scenario.replace(f"[{name}]", value)
    path = lab.write(f"{host}-{port}.xml", '<?xml version="1.0" encoding="us-ascii"?>\n' + scenario.lstrip())
    # sipp binds a media port of its own that no scenario uses
    argv = ["sipp", "-sf", path, "-i", address, "-p", str(port), "-t", transport, "-m", "1", "-nostdin", "-mp", "30000",
            "-timeout", "20s", "-timeout_error", *options]
    return lab.start(host, argv + ([remote] if remote else []), cwd=os.path.dirname(path))


REGISTER = """
<scenario name="register">
  <send retrans="500"><![CDATA[
    REGISTER sip:contoso.com SIP/2.0
    Via: SIP/2.0/[transport] [local_ip]:[local_port];branch=[branch]
    Max-Forwards: 70
    From: <sip:alice@contoso.com>;tag=[call_number]
    To: <sip:alice@contoso.com>
    Call-ID: [call_id]
    CSeq: 1 REGISTER
    Contact: <sip:alice@[local_ip]:[local_port];transport=[transport]>
    User-Agent: UCCAPI/4.0.7577.0 OC/4.0.7577.0
    Expires: 120
    Content-Length: 0

  ]]></send>
  <recv response="401" auth="true"/>
  <send retrans="500"><![CDATA[
    REGISTER sip:contoso.com SIP/2.0
    Via: SIP/2.0/[transport] [local_ip]:[local_port];branch=[branch]
    Max-Forwards: 70
    From: <sip:alice@contoso.com>;tag=[call_number]
    To: <sip:alice@contoso.com>
    Call-ID: [call_id]
    CSeq: 2 REGISTER
    Contact: <sip:alice@[local_ip]:[local_port];transport=[transport]>
    User-Agent: UCCAPI/4.0.7577.0 OC/4.0.7577.0
    [authentication username=alice password=PASSWORD]
    Expires: 120
    Content-Length: 0

  ]]></send>
  <recv response="200"/>
</scenario>
"""

MESSAGE = """
<scenario name="message">
  <send retrans="500"><![CDATA[
    MESSAGE sip:bob@[remote_ip]:[remote_port];transport=[transport] SIP/2.0
    Via: SIP/2.0/[transport] [local_ip]:[local_port];branch=[branch]
    Max-Forwards: 70
    From: <sip:alice@contoso.com>;tag=[call_number]
    To: <sip:bob@contoso.com>
    Call-ID: [call_id]
    CSeq: 1 MESSAGE
    Content-Type: text/plain;charset=UTF-8
    Content-Length: [len]

    [text]
  ]]></send>
  <recv response="200"/>
</scenario>
"""

MESSAGE_ANSWER = """
<scenario name="message answer">
  <recv request="MESSAGE"/>
  <send><![CDATA[
    SIP/2.0 200 OK
    [last_Via:]
    [last_From:]
    [last_To:];tag=[call_number]
    [last_Call-ID:]
    [last_CSeq:]
    Content-Length: 0

  ]]></send>
</scenario>
"""

# [offer_profile] and the like are filled in by sip.py; media ports are 20000 on both sides
INVITE = """
<scenario name="call">
  <send retrans="500"><![CDATA[
    INVITE sip:[callee]@[remote_ip]:[remote_port];transport=[transport] SIP/2.0
    Via: SIP/2.0/[transport] [local_ip]:[local_port];branch=[branch]
    Max-Forwards: 70
    From: <sip:[caller]@contoso.com>;tag=[call_number]
    To: <sip:[callee]@contoso.com>
    Call-ID: [call_id]
    CSeq: 1 INVITE
    Contact: <sip:[caller]@[local_ip]:[local_port];transport=[transport]>
    User-Agent: [agent]
    Content-Type: application/sdp
    Content-Length: [len]

    v=0
    o=- 1 1 IN IP[media_ip_type] [media_ip]
    s=session
    c=IN IP[media_ip_type] [media_ip]
    t=0 0
    m=audio 20000 [profile] 0
    a=rtpmap:0 PCMU/8000
    a=ptime:20
    [offer_key]
  ]]></send>
  <recv response="100" optional="true"/>
  <recv response="180" optional="true"/>
  <recv response="200"/>
  <send><![CDATA[
    ACK sip:[callee]@[remote_ip]:[remote_port];transport=[transport] SIP/2.0
    Via: SIP/2.0/[transport] [local_ip]:[local_port];branch=[branch]
    Max-Forwards: 70
    From: <sip:[caller]@contoso.com>;tag=[call_number]
    To: <sip:[callee]@contoso.com>[peer_tag_param]
    Call-ID: [call_id]
    CSeq: 1 ACK
    Content-Length: 0

  ]]></send>
  <pause milliseconds="4500"/>
  <send retrans="500"><![CDATA[
    BYE sip:[callee]@[remote_ip]:[remote_port];transport=[transport] SIP/2.0
    Via: SIP/2.0/[transport] [local_ip]:[local_port];branch=[branch]
    Max-Forwards: 70
    From: <sip:[caller]@contoso.com>;tag=[call_number]
    To: <sip:[callee]@contoso.com>[peer_tag_param]
    Call-ID: [call_id]
    CSeq: 2 BYE
    Content-Length: 0

  ]]></send>
  <recv response="200"/>
</scenario>
"""

INVITE_ANSWER = """
<scenario name="answer">
  <recv request="INVITE"/>
  <send><![CDATA[
    SIP/2.0 180 Ringing
    [last_Via:]
    [last_From:]
    [last_To:];tag=[call_number]
    [last_Call-ID:]
    [last_CSeq:]
    Contact: <sip:[local_ip]:[local_port];transport=[transport]>
    Content-Length: 0

  ]]></send>
  <send retrans="500"><![CDATA[
    SIP/2.0 200 OK
    [last_Via:]
    [last_From:]
    [last_To:];tag=[call_number]
    [last_Call-ID:]
    [last_CSeq:]
    Contact: <sip:[local_ip]:[local_port];transport=[transport]>
    Content-Type: application/sdp
    Content-Length: [len]

    v=0
    o=- 1 1 IN IP[media_ip_type] [media_ip]
    s=session
    c=IN IP[media_ip_type] [media_ip]
    t=0 0
    m=audio 20000 [profile] 0
    a=rtpmap:0 PCMU/8000
    a=ptime:20
    [answer_key]
  ]]></send>
  <recv request="ACK"/>
  <recv request="BYE"/>
  <send><![CDATA[
    SIP/2.0 200 OK
    [last_Via:]
    [last_From:]
    [last_To:]
    [last_Call-ID:]
    [last_CSeq:]
    Content-Length: 0

  ]]></send>
</scenario>
"""
