/* tests/unit/test_sip.c: SIP messages in datagrams: facts, secrets, malformed ones. */
#include "tests/seen.h"

extern const struct analyzer sip_analyzer;

/* RFC 3261 24.2, F1, with its body of RFC 4566 and an SDES key. */
static const char invite[] =
    "INVITE sip:bob@biloxi.com SIP/2.0\r\n"
    "Via: SIP/2.0/UDP pc33.atlanta.com;branch=z9hG4bKnashds8\r\n"
    "Max-Forwards: 70\r\n"
    "To: Bob <sip:bob@biloxi.com>\r\n"
    "From: Alice <sip:alice@atlanta.com>;tag=1928301774\r\n"
    "Call-ID: a84b4c76e66710\r\n"
    "CSeq: 314159 INVITE\r\n"
    "Contact: <sip:alice@pc33.atlanta.com>\r\n"
    "Content-Type: application/sdp\r\n"
    "Content-Length: 154\r\n\r\n"
    "v=0\r\n"
    "o=a 1 1 IN IP4 pc33.atlanta.com\r\n"
    "c=IN IP4 192.0.2.33\r\n"
    "m=audio 49172 RTP/SAVP 0\r\n"
    "a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:S2V5S2V5S2V5S2V5|2^31|1:1\r\n";

static void feed_text(struct seen_flow *flow, uint8_t from, const char *text)
{
    uint32_t size = (uint32_t)strlen(text);
    seen_datagram(flow, from, text, size, size);
}

static struct seen_flow feed_one(const char *text)
{
    struct seen_flow flow = seen_open(&sip_analyzer);
    feed_text(&flow, 0, text);
    return flow;
}

static void sip_rfc3261_invite_tells_all_its_facts_in_order(void)
{
    CHECK_EQ(seen_claim(&sip_analyzer, invite, sizeof invite - 1, false), CLAIM_YES);
    struct seen_flow flow = feed_one(invite);
    seen_close(&flow);
    CHECK_EQ(seen[0].obs.kind, OBS_APP);
    CHECK(seen_text(OBS_APP, "sip"));
    CHECK_EQ(seen_value(OBS_CLIENT), 0);
    CHECK(seen_text(OBS_SIP_TRANSPORT, "udp"));
    CHECK(seen_text(OBS_SIP_METHOD, "INVITE"));
    CHECK(seen_text(OBS_SIP_VIA_TRANSPORT, "UDP"));
    CHECK(seen_text(OBS_SIP_CALL_ID, "a84b4c76e66710"));
    CHECK_EQ(seen_value(OBS_SIP_CALL_ID), 314159);
    CHECK_EQ(seen_value(OBS_SIP_CALLS), 1);
    CHECK_EQ(seen_value(OBS_SIP_KEYS_EXPOSED), 1);
    CHECK_EQ(seen_times(OBS_SIP_SIPS_URI) + seen_times(OBS_SIP_IM), 0);
    CHECK_EQ(seen_times(OBS_MALFORMED) + seen_times(OBS_CUT), 0);
    CHECK_EQ(seen_nth(OBS_SDP_PROTO, 0)->obs.offset, strstr(invite, "RTP/SAVP") - invite);

    static const enum observation_kind order[] = { OBS_SIP_MESSAGE, OBS_SIP_CALL_ID, OBS_SDP_MEDIA,
                                                   OBS_SDP_CRYPTO, OBS_SIP_MESSAGE_END };
    unsigned at = 0;
    for (unsigned i = 0; i < seen_count && at < 5; i++) {
        at += seen[i].obs.kind == order[at] ? 1 : 0;
    }
    CHECK_EQ(at, 5);
}

static void sip_the_first_request_tells_its_domain(void)
{
    static const struct {
        const char *uri, *domain;
    } rows[] = {
        { "sip:bob@biloxi.com", "biloxi.com" },
        { "sips:biloxi.com:5061;transport=tcp", "biloxi.com" },
        { "sip:a;b@c.example;lr?x=@d", "c.example" },
        { "sip:192.0.2.1", "192.0.2.1" },
        { "sip:[2001:db8::1]:5060", NULL }, /* no name */
        { "sip:", NULL },
        { "biloxi.com", NULL },
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char text[256];
        (void)snprintf(text, sizeof text,
                       "OPTIONS %s SIP/2.0\r\nCSeq: 1 OPTIONS\r\nCall-ID: 1\r\n\r\n", rows[i].uri);
        struct seen_flow flow = feed_one(text);
        (void)snprintf(text, sizeof text, "OPTIONS sip:other.example SIP/2.0\r\n\r\n");
        feed_text(&flow, 0, rows[i].domain != NULL ? text : "\r\n\r\n");
        seen_close(&flow);
        CHECK_EQ(seen_times(OBS_SIP_DOMAIN), rows[i].domain != NULL);
        CHECK(rows[i].domain == NULL || seen_text(OBS_SIP_DOMAIN, rows[i].domain));
    }
}

static void sip_no_secret_leaves(void)
{
    struct seen_flow flow = feed_one(invite);
    feed_text(&flow, 0,
              "REGISTER sip:x SIP/2.0\r\nCall-ID: 2\r\nCSeq: 2 REGISTER\r\n"
              "Authorization: Digest username=\"bob\", realm=\"r\", nonce=\"dcd98b\", "
              "response=\"6629fae49393a05397450978507c4ef1\"\r\nContent-Length: 0\r\n\r\n");
    feed_text(&flow, 0,
              "MESSAGE sip:x SIP/2.0\r\nCall-ID: 3\r\nCSeq: 3 MESSAGE\r\n"
              "Content-Type: text/plain\r\nContent-Length: 17\r\n\r\nthe eagle landed!");
    feed_text(&flow, 0,
              "INVITE sip:x SIP/2.0\r\nCall-ID: 4\r\nCSeq: 4 INVITE\r\n"
              "Ms-Text-Format: text/plain; charset=UTF-8;ms-body=SGVsbG8gd29ybGQ=\r\n\r\n");
    seen_close(&flow);
    CHECK(seen_text(OBS_SIP_AUTH_SCHEME, "Digest"));
    CHECK_EQ(seen_value(OBS_SIP_CREDENTIALS_EXPOSED), 1);
    CHECK_EQ(seen_value(OBS_SIP_IM), 1);
    static const char *const secrets[] = {
        "S2V5", "6629fae", "dcd98b", "eagle", "SGVs", "username"
    };
    for (size_t i = 0; i < sizeof secrets / sizeof secrets[0]; i++) {
        CHECK(!seen_anywhere(secrets[i]));
    }
}

static void sip_credentials_are_exposed_only_by_a_response(void)
{
    static const struct {
        const char *header;
        const char *scheme;
        unsigned exposed;
    } rows[] = {
        { "Authorization: Digest username=\"b\", realm=\"r\", response=\"\"", "Digest", 0 },
        { "Proxy-Authorization: NTLM qop=\"auth\", realm=\"SIP\", gssapi-data=\"\"", "NTLM", 0 },
        { "Authorization: NTLM realm=\"SIP\", gssapi-data=\"TlRMTVNT\"", "NTLM", 1 },
        { "Authorization: Kerberos realm=\"S\",response=\"602306\"", "Kerberos", 1 },
        { "Authorization: TLS-DSK realm=\"S\", gssapi-data=\"FgMBAFIB\"", "TLS-DSK", 1 },
        { "Authorization: Basic Ym9iOnNlY3JldA==", "Basic", 1 },
        { "WWW-Authenticate: Digest realm=\"r\", response=\"no\"", "Digest", 0 },
        { "Authorization: NTLM TlRMTVNTUAABAAAAB4IIog==", "NTLM", 0 },
        { "Authorization: NTLM realm=\"S\", gssapi-data=\"TlRMTVNTUAABAAAA\"", "NTLM", 0 },
        { "Authorization: Negotiate TlRMTVNTUAADAAAAGAAYAH==", "Negotiate", 1 },
        { "Authorization: OAuth realm=\"S\", oauth_token=\"77\"", "OAuth", 1 },
        { "Authorization: Digest username=\"a\\\", \", response=\"66\"", "Digest", 1 },
        { "Authorization: Negotiate", "Negotiate", 0 },
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char text[512];
        snprintf(text, sizeof text,
                 "REGISTER sip:x SIP/2.0\r\nCall-ID: 1\r\nCSeq: 1 A\r\n%s\r\n\r\n", rows[i].header);
        struct seen_flow flow = feed_one(text);
        seen_close(&flow);
        CHECK(seen_text(OBS_SIP_AUTH_SCHEME, rows[i].scheme));
        CHECK_EQ(seen_times(OBS_SIP_CREDENTIALS_EXPOSED), rows[i].exposed);
    }
    struct seen_flow flow =
        feed_one("REGISTER sip:x SIP/2.0\r\nAuthorization: Ym9iOnNlY3JldA\r\n\r\n");
    seen_close(&flow);
    CHECK_EQ(seen_times(OBS_SIP_AUTH_SCHEME), 0);
    CHECK_EQ(seen_times(OBS_SIP_CREDENTIALS_EXPOSED), 1);
    flow = feed_one("REGISTER sip:x SIP/2.0\r\nAuthorization: Ym9iOnNlY3JldA x\r\n\r\n");
    seen_close(&flow);
    CHECK_EQ(seen_times(OBS_SIP_AUTH_SCHEME), 0);
    CHECK_EQ(seen_times(OBS_SIP_CREDENTIALS_EXPOSED), 1);
}

/* RFC 4475 3.1.1.1 "A Short Tortuous INVITE" (wsinv): folding, odd blanks, compact names. */
static void sip_rfc4475_tortuous_invite_is_read(void)
{
    struct seen_flow flow = feed_one(
        "INVITE sip:vivekg@chair-dnrc.example.com;unknownparam SIP/2.0\r\n"
        "TO :\r\n sip:vivekg@chair-dnrc.example.com ;   tag    = 1918181833n\r\n"
        "from   : \"J Rosenberg \\\\\\\"\"       <sip:jdrosen@example.com>\r\n  ;\r\n  tag = "
        "98asjd8\r\n"
        "MaX-fOrWaRdS: 0068\r\nCall-ID: wsinv.ndaksdj@192.0.2.1\r\n"
        "Content-Length   : 150\r\ncseq: 0009\r\n  INVITE\r\n"
        "Via  : SIP  /   2.0\r\n /UDP\r\n    192.0.2.2;branch=390skdjuw\r\ns :\r\n"
        "NewFangledHeader:   newfangled value\r\n continued newfangled value\r\n"
        "UnknownHeaderWithUnusualValue: ;;,,;;,;\r\nContent-Type: application/sdp\r\n"
        "Route:\r\n <sip:services.example.com;lr;unknownwith=value;unknown-no-value>\r\n"
        "v:  SIP  / 2.0  / TCP     spindle.example.com   ;\r\n"
        "  branch  =   z9hG4bK9ikj8  ,\r\n SIP  /    2.0   / UDP  192.168.255.111   ; branch=\r\n"
        " z9hG4bK30239\r\n"
        "m:\"Quoted string \\\"\\\"\" <sip:jdrosen@example.com> ; newparam =\r\n      newvalue "
        ";\r\n"
        "  secondparam ; q = 0.33\r\n\r\n"
        "v=0\r\no=mhandley 29739 7272939 IN IP4 192.0.2.3\r\ns=-\r\nc=IN IP4 192.0.2.4\r\n"
        "t=0 0\r\nm=audio 49217 RTP/AVP 0 12\r\nm=video 3227 RTP/AVP 31\r\na=rtpmap:31 LPC\r\n");
    seen_close(&flow);
    CHECK(seen_text(OBS_SIP_CALL_ID, "wsinv.ndaksdj@192.0.2.1"));
    CHECK_EQ(seen_value(OBS_SIP_CALL_ID), 9);
    CHECK(seen_text(OBS_SIP_VIA_TRANSPORT, "UDP"));
    CHECK(seen_text(OBS_SIP_VIA_TRANSPORT, "TCP"));
    CHECK_EQ(seen_times(OBS_SIP_VIA_TRANSPORT), 2);
    CHECK_EQ(seen_times(OBS_SDP_MEDIA), 2);
    CHECK_EQ(seen_times(OBS_MALFORMED), 0);
}

static void sip_responses_carry_the_method_of_cseq_and_find_the_registrar(void)
{
    struct seen_flow flow = seen_open(&sip_analyzer);
    feed_text(&flow, 0,
              "SIP/2.0 401 Unauthorized\r\nv: SIP/2.0/tls h, SIP/2.0/WSS i\r\ni: x\r\n"
              "CSeq: 7 REGISTER\r\nServer: RTC/4.0\r\nWWW-Authenticate: TLS-DSK realm=\"S\"\r\n"
              "m: <sips:a@b>\r\nl: 0\r\n\r\n");
    seen_close(&flow);
    CHECK_EQ(seen_value(OBS_CLIENT), 1);
    CHECK(seen_text(OBS_SIP_RESPONSE, "401"));
    CHECK(seen_text(OBS_SIP_MESSAGE, "REGISTER"));
    CHECK_EQ(seen_value(OBS_SIP_MESSAGE), 401);
    CHECK_EQ(seen_times(OBS_SIP_METHOD), 0);
    CHECK_EQ(seen_value(OBS_SIP_REGISTRAR), 0);
    CHECK(seen_text(OBS_SIP_USER_AGENT, "RTC/4.0"));
    CHECK(seen_text(OBS_SIP_AUTH_SCHEME, "TLS-DSK"));
    CHECK(seen_text(OBS_SIP_VIA_TRANSPORT, "TLS"));
    CHECK(seen_text(OBS_SIP_VIA_TRANSPORT, "WSS"));
    CHECK_EQ(seen_value(OBS_SIP_SIPS_URI), 1);
}

/* Lync: multipart/alternative in multipart/mixed, the older dialect first. */
static void sip_multipart_bodies_count_m_lines_through(void)
{
    struct seen_flow flow =
        feed_one("INVITE sips:x SIP/2.0\r\nCall-ID: m\r\nCSeq: 1 INVITE\r\n"
                 "Content-Type: multipart/mixed; boundary=\"out er\"\r\n\r\npreamble\r\n"
                 "--out er\r\nContent-Type: multipart/alternative;\r\n boundary=in\r\n\r\n"
                 "--in\r\nContent-Type: application/sdp\r\nContent-Disposition: session; "
                 "handling=optional; ms-proxy-2007fallback\r\n\r\nv=0\r\nm=audio 1000 RTP/AVP 0\r\n"
                 "--in\r\nContent-Type: application/sdp\r\n\r\nv=0\r\nm=audio 2000 RTP/SAVP 0\r\n"
                 "m=applicationsharing 3000 TCP/RTP/SAVP 127\r\n--in--\r\n"
                 "--out er\r\nContent-Type: message/sipfrag\r\n\r\nm=audio 4000 RTP/AVP 0\r\n--out "
                 "er--\r\n");
    seen_close(&flow);
    CHECK_EQ(seen_times(OBS_SDP_MEDIA), 3);
    CHECK_EQ(seen_nth(OBS_SDP_MEDIA, 1)->obs.index, 1);
    CHECK_EQ(seen_nth(OBS_SDP_MEDIA, 1)->obs.value, 2000);
    CHECK_EQ(seen_nth(OBS_SDP_MEDIA, 2)->obs.index, 2);
    CHECK_EQ(seen_times(OBS_SDP_PART), 3);
    for (uint16_t i = 0; i < 3; i++) {
        const struct observation *part = &seen_nth(OBS_SDP_PART, i)->obs;
        CHECK_EQ(part->index, i);
        CHECK_EQ(part->value, i > 0);
        CHECK_EQ(part->sub, i == 2);
    }
    CHECK(seen_text(OBS_SDP_PART, "alternative"));
    CHECK_EQ(seen_value(OBS_SIP_SHARING), 1);
    CHECK_EQ(seen_value(OBS_SIP_SIPS_URI), 1);
}

/* RFC 2046 5.1.1: a delimiter is a whole line, and what stands behind the last is no part. */
static void sip_multipart_ends_at_its_last_delimiter(void)
{
    struct seen_flow flow =
        feed_one("INVITE sip:x SIP/2.0\r\nCall-ID: m\r\nCSeq: 1 INVITE\r\n"
                 "c: multipart/mixed;boundary=b\r\n\r\n"
                 "--b\r\nc: multipart/related;boundary=bb\r\n\r\n"
                 "--bb\r\nc: application/sdp\r\n\r\nm=audio 1000 RTP/AVP 0\r\n--bb--\r\n"
                 "--bb\r\nc: application/sdp\r\n\r\nm=audio 1500 RTP/AVP 0\r\n"
                 "--b \t\r\nc: application/sdp\r\n\r\nm=audio 2000 RTP/AVP 0\r\n"
                 "--b--\r\n\r\nv=0\r\nm=audio 3000 RTP/AVP 0\r\n"
                 "--b\r\nc: application/sdp\r\n\r\nm=audio 4000 RTP/AVP 0\r\n");
    seen_close(&flow);
    CHECK_EQ(seen_times(OBS_SDP_MEDIA), 2);
    CHECK_EQ(seen_nth(OBS_SDP_MEDIA, 0)->obs.value, 1000); /* in their order */
    CHECK_EQ(seen_nth(OBS_SDP_MEDIA, 1)->obs.value, 2000);
    CHECK_EQ(seen_times(OBS_SDP_PART), 1);
    CHECK(seen_text(OBS_SDP_PART, "mixed"));
    CHECK_EQ(seen_times(OBS_CUT), 0);
    flow = feed_one("INVITE sip:x SIP/2.0\r\nc: multipart/mixed\r\n\r\n--b\r\n\r\nv=0\r\n");
    seen_close(&flow);
    CHECK_EQ(seen_times(OBS_MALFORMED), 1); /* no boundary: it is not read */
}

static void sip_presence_and_typing_are_told_apart_from_messages(void)
{
    static const struct {
        const char *text;
        unsigned im, presence;
    } rows[] = {
        { "SUBSCRIBE sip:x SIP/2.0\r\no: presence\r\n\r\n", 0, 1 },
        { "SUBSCRIBE sip:x SIP/2.0\r\nEvent: dialog\r\n\r\n", 0, 0 },
        { "BENOTIFY sip:x SIP/2.0\r\nEvent: presence;id=1\r\n\r\n", 0, 1 },
        { "PUBLISH sip:x SIP/2.0\r\n\r\n", 0, 1 },
        { "PUBLISH sip:x SIP/2.0\r\nEvent: vq-rtcpxr\r\n\r\n", 0, 0 },
        { "SERVICE sip:x SIP/2.0\r\nc: application/msrtc-category-publish+xml\r\n\r\n<p/>", 0, 1 },
        { "SERVICE sip:x SIP/2.0\r\nc: application/msrtc-media-relay-auth+xml\r\n\r\n<p/>", 0, 0 },
        { "MESSAGE sip:x SIP/2.0\r\nc: application/im-iscomposing+xml\r\n\r\n<t/>", 0, 0 },
        { "MESSAGE sip:x SIP/2.0\r\nc: text/plain\r\nl: 0\r\n\r\n", 0, 0 },
        { "MESSAGE sip:x SIP/2.0\r\nc: text/plain\r\n\r\nhi", 1, 0 },
        { "MESSAGE sip:x SIP/2.0\r\nc: message/imdn+xml\r\n\r\n<imdn/>", 0, 0 },
        { "MESSAGE sip:x SIP/2.0\r\nc: Application/MANSCDP+xml\r\n\r\n<Notify/>", 0, 0 },
        { "MESSAGE sip:x SIP/2.0\r\nc: application/pkcs7-mime\r\n\r\n0", 0, 0 },
        { "MESSAGE sip:x SIP/2.0\r\nc: multipart/encrypted;boundary=b\r\n\r\n--b\r\n"
          "Content-Type: application/octet-stream\r\n\r\n0\r\n--b--",
          0, 0 },
        { "MESSAGE sip:x SIP/2.0\r\nc: message/cpim\r\n\r\nFrom: <im:a@h>\r\n\r\n"
          "Content-Type: application/im-iscomposing+xml\r\n\r\n<t/>",
          0, 0 },
        { "MESSAGE sip:x SIP/2.0\r\nc: message/cpim\r\n\r\nFrom: <im:a@h>\r\n\r\n"
          "Content-Type: text/plain\r\n\r\nhi",
          1, 0 },
        { "INVITE sip:x SIP/2.0\r\nMs-Text-Format: text/plain;ms-body=\r\n\r\n", 0, 0 },
        { "INVITE sip:x SIP/2.0\r\nMs-Text-Format: text/plain;ms-body=aGk=\r\n\r\n", 1, 0 },
        { "SERVICE sip:x SIP/2.0\r\nc: application/msrtc-reporterror+xml\r\n\r\n<e/>", 0, 0 },
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct seen_flow flow = feed_one(rows[i].text);
        seen_close(&flow);
        CHECK_EQ(seen_times(OBS_SIP_IM), rows[i].im);
        CHECK_EQ(seen_times(OBS_SIP_PRESENCE), rows[i].presence);
    }
}

static void sip_other_text_is_not_claimed(void)
{
    static const char *const others[] = {
        "GET / HTTP/1.1\r\n\r\n",       "OPTIONS * RTSP/1.0\r\n\r\n",
        "SIP/2.0 99 x\r\n\r\n",         "SIP/2.0 2000 OK\r\n\r\n",
        "INVITE SIP/2.0\r\n\r\n",       "IN\"VITE sip:x SIP/2.0\r\n\r\n",
        "NOTIFY * HTTP/1.1\r\n\r\n",    "\r\n\r\n",
        "INVITE sip:x SIP/3.0\r\n\r\n", "INVITE sip:x SIP/2.0",
    };
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) {
        CHECK_EQ(seen_claim(&sip_analyzer, others[i], (uint32_t)strlen(others[i]), false),
                 CLAIM_NO);
    }
    CHECK_EQ(seen_claim(&sip_analyzer, "INVITE1 sip:x SIP/2.0\n", 22, false), CLAIM_YES);
}

static void sip_keep_alives_and_stun_in_the_flow_are_no_fault(void)
{
    struct seen_flow flow = feed_one(invite);
    feed_text(&flow, 0, "\r\n\r\n");
    feed_text(&flow, 0, "jaK");
    seen_datagram(&flow, 0, "\0\0\0\0", 4, 4);
    seen_datagram(&flow, 0, "\0\1\0\0\x21\x12\xa4\x42", 8, 8);
    CHECK_EQ(seen_times(OBS_MALFORMED), 0);
    feed_text(&flow, 0, "not a message\r\n");
    CHECK_EQ(seen_times(OBS_MALFORMED), 1);
    seen_close(&flow);
}

static void sip_every_short_datagram_is_malformed(void)
{
    uint32_t start_line = (uint32_t)(strstr(invite, "\r\n") - invite) + 2;
    for (uint32_t n = start_line; n < sizeof invite - 1; n++) {
        struct seen_flow flow = seen_open(&sip_analyzer);
        seen_datagram(&flow, 0, invite, n, n);
        seen_close(&flow);
        CHECK(seen_text(OBS_MALFORMED, "sip"));
        CHECK(seen_text(OBS_SIP_METHOD, "INVITE"));
    }
}

static void sip_snap_length_hides_only_what_was_needed(void)
{
    uint32_t size = sizeof invite - 1;
    uint32_t call = (uint32_t)(strstr(invite, "CSeq") - invite);
    for (uint32_t n = call; n < size; n++) {
        struct seen_flow flow = seen_open(&sip_analyzer);
        seen_datagram(&flow, 0, invite, n, size);
        seen_close(&flow);
        CHECK_EQ(seen_times(OBS_CUT), 1);
        CHECK_EQ(seen_times(OBS_MALFORMED), 0);
        CHECK(seen_text(OBS_SIP_CALL_ID, "a84b4c76e66710"));
        CHECK_EQ(seen_times(OBS_SIP_KEYS_EXPOSED), 0);
    }
}

static void sip_any_flipped_byte_stays_in_bounds(void)
{
    for (uint32_t i = 0; i < sizeof invite - 1; i++) {
        for (int v = 1; v < 256; v += 7) {
            char m[sizeof invite];
            memcpy(m, invite, sizeof m);
            m[i] = (char)(m[i] ^ v);
            struct seen_flow flow = feed_one(m);
            seen_close(&flow);
            CHECK(seen_count < 64);
            CHECK(!seen_anywhere("S2V5S2V5S2V5"));
        }
    }
}

static void sip_calls_are_counted_up_to_the_cap(void)
{
    struct seen_flow flow = seen_open(&sip_analyzer);
    int64_t calls = 0;
    unsigned cut = 0;
    for (unsigned i = 0; i < 2 * 4200; i++) {
        char text[128];
        snprintf(text, sizeof text, "OPTIONS sip:x SIP/2.0\r\ni: call%u\r\nCSeq: 1 OPTIONS\r\n\r\n",
                 i / 2);
        seen_count = 0;
        feed_text(&flow, 0, text);
        calls = seen_value(OBS_SIP_CALLS) > calls ? seen_value(OBS_SIP_CALLS) : calls;
        cut += seen_times(OBS_CUT);
    }
    CHECK_EQ(calls, 4096);
    CHECK_EQ(cut, 2 * (4200 - 4096));
    seen_close(&flow);
}

static void sip_strange_methods_do_not_grow_the_facts_without_end(void)
{
    struct seen_flow flow = seen_open(&sip_analyzer);
    for (unsigned i = 0; i < 200; i++) {
        char text[64];
        snprintf(text, sizeof text, "M%u sip:x SIP/2.0\r\n\r\n", i);
        feed_text(&flow, 0, text);
    }
    CHECK(seen_text(OBS_SIP_METHOD, "M63"));
    CHECK(!seen_text(OBS_SIP_METHOD, "M64"));
    CHECK(seen_text(OBS_SIP_METHOD, "other"));
    seen_close(&flow);
}

static void what_a_server_tells_its_clients_is_told(void)
{
    struct seen_flow flow = feed_one(
        "BENOTIFY sip:a@x SIP/2.0\r\nCSeq: 1 BENOTIFY\r\nCall-ID: 1\r\n"
        "Content-Type: application/vnd-microsoft-roaming-provisioning-v2+xml\r\n\r\n"
        "<provisionGroupList><provisionGroup name=\"ServerConfiguration\">"
        "<absInternalServerUrl>http://abs.example.com/abs/int?secret</absInternalServerUrl>"
        "<absExternalServerUrl>https://abs.example.com/abs/ext</absExternalServerUrl>"
        "<dlxInternalUrl> HTTP://dlx.example.com/</dlxInternalUrl>"
        "<ucPC2PCAVEncryption>SupportEncryption</ucPC2PCAVEncryption>");
    CHECK(seen_text(OBS_SIP_AV_ENCRYPTION, "supported"));
    CHECK(seen_text(OBS_SIP_CLEAR_URL, "absInternalServerUrl"));
    CHECK(seen_text(OBS_SIP_CLEAR_URL, "dlxInternalUrl"));
    CHECK_EQ(seen_times(OBS_SIP_CLEAR_URL), 2);
    CHECK(!seen_anywhere("secret"));
    seen_close(&flow);
    static const struct {
        const char *word, *level;
    } levels[] = { { "DoNotSupportEncryption", "rejected" }, { "RequireEncryption", "required" } };
    for (unsigned i = 0; i < sizeof levels / sizeof *levels; i++) {
        char text[512];
        snprintf(text, sizeof text,
                 "SIP/2.0 200 OK\r\nCSeq: 1 SUBSCRIBE\r\nContent-Type: "
                 "application/vnd-microsoft-roaming-provisioning-v2+xml\r\n\r\n"
                 "<ucPC2PCAVEncryption>%s</ucPC2PCAVEncryption>",
                 levels[i].word);
        flow = feed_one(text);
        CHECK(seen_text(OBS_SIP_AV_ENCRYPTION, levels[i].level));
        seen_close(&flow);
    }
}

static void diagnostics_are_told_by_their_numbers(void)
{
    struct seen_flow flow =
        feed_one("SIP/2.0 488 Not Acceptable Here\r\nCSeq: 1 INVITE\r\n"
                 "ms-client-diagnostics: 52017; reason=\"Encryption levels do not match\"\r\n"
                 "ms-diagnostics: 1003;reason=\"User does not exist\";destination=\"b@x\"\r\n"
                 "ms-diagnostics-public: 52017\r\nms-diagnostics: b@x;1004\r\n\r\n");
    CHECK(seen_text(OBS_SIP_DIAGNOSTIC, "52017"));
    CHECK(seen_text(OBS_SIP_DIAGNOSTIC, "1003"));
    CHECK_EQ(seen_times(OBS_SIP_DIAGNOSTIC), 2);
    CHECK(!seen_anywhere("b@x"));
    seen_close(&flow);
}

/* 488 because one end requires SRTP proves its policy; the words alone, elsewhere, prove nothing.
 */
static void refusal_for_encryption_levels_is_told(void)
{
    static const struct {
        const char *text;
        unsigned refused;
    } rows[] = {
        { "SIP/2.0 488 Not Acceptable Here\r\nCSeq: 1 INVITE\r\n"
          "ms-client-diagnostics: 52017;reason=\"Encryption levels do not match\"\r\n\r\n",
          1 },
        { "SIP/2.0 488 Encryption Levels not compatible\r\nCSeq: 1 INVITE\r\nWarning: 308 "
          "lcs.microsoft.com \"Encryption Levels not compatible\"\r\n\r\n",
          1 },
        { "SIP/2.0 488 Not Acceptable Here\r\nWarning: 304 h \"media\"\r\n\r\n", 0 },
        { "SIP/2.0 488 Not Acceptable Here\r\nms-diagnostics: 52016\r\n\r\n", 0 },
        { "BYE sip:x SIP/2.0\r\nms-client-diagnostics: 52017\r\n\r\n", 0 },
        { "SIP/2.0 200 OK\r\nWarning: 308 lcs.microsoft.com\r\n\r\n", 0 },
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct seen_flow flow = feed_one(rows[i].text);
        seen_close(&flow);
        CHECK_EQ(seen_times(OBS_SIP_ENCRYPTION_REFUSED), rows[i].refused);
    }
}

int main(void)
{
    what_a_server_tells_its_clients_is_told();
    diagnostics_are_told_by_their_numbers();
    refusal_for_encryption_levels_is_told();
    sip_rfc3261_invite_tells_all_its_facts_in_order();
    sip_the_first_request_tells_its_domain();
    sip_no_secret_leaves();
    sip_credentials_are_exposed_only_by_a_response();
    sip_rfc4475_tortuous_invite_is_read();
    sip_responses_carry_the_method_of_cseq_and_find_the_registrar();
    sip_multipart_bodies_count_m_lines_through();
    sip_multipart_ends_at_its_last_delimiter();
    sip_presence_and_typing_are_told_apart_from_messages();
    sip_other_text_is_not_claimed();
    sip_keep_alives_and_stun_in_the_flow_are_no_fault();
    sip_every_short_datagram_is_malformed();
    sip_snap_length_hides_only_what_was_needed();
    sip_any_flipped_byte_stays_in_bounds();
    sip_calls_are_counted_up_to_the_cap();
    sip_strange_methods_do_not_grow_the_facts_without_end();
    return check_failures == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
