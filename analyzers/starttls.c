/* analyzers/starttls.c: offer, request and answer of STARTTLS as facts. */
#include "analyzers/starttls.h"

#include "analyzers/tls_record.h"
#include "analyzers/tls_sslv2.h"
#include "base/scan.h"

void starttls_begin(struct starttls *st, const struct segment *seg, struct sink *sink,
                    const char *protocol, uint8_t client)
{
    st->client = client & 1;
    observe_text(sink, seg, OBS_APP, protocol, 0);
    observe_text(sink, seg, OBS_CLIENT, "request", st->client);
    observe_text(sink, seg, OBS_STARTTLS_PROTOCOL, protocol, 0);
}

void starttls_offers(struct starttls *st, const struct segment *seg, struct sink *sink,
                     enum starttls_offer offer)
{
    static const char *const words[] = { NULL, "no", "offered", "required" };
    if (offer > st->offer) {
        st->offer = (uint8_t)offer;
        observe_text(sink, seg, OBS_STARTTLS_OFFER, words[offer], 0);
    }
}

void starttls_asks(struct starttls *st, const struct segment *seg, struct sink *sink)
{
    st->phase = STARTTLS_ASKED;
    observe_value(sink, seg, OBS_STARTTLS_ASKED, 1);
}

void starttls_answers(struct starttls *st, const struct segment *seg, struct sink *sink,
                      bool accepted)
{
    st->phase = accepted ? STARTTLS_ACCEPTED : STARTTLS_REFUSED;
    observe_text(sink, seg, OBS_STARTTLS_ANSWER, accepted ? "accepted" : "refused", 0);
}

void starttls_speaks(struct starttls *st, const struct segment *seg, struct sink *sink)
{
    if (st->phase == STARTTLS_REFUSED || st->phase == STARTTLS_FAILED) {
        st->clear += st->clear < UINT32_MAX;
        observe_value(sink, seg, OBS_STARTTLS_CLEAR, st->clear);
    }
}

void starttls_injects(struct starttls *st, const struct segment *seg, struct sink *sink,
                      uint32_t bytes)
{
    st->injected += bytes;
    observe_value(sink, seg, OBS_STARTTLS_INJECTED, st->injected);
}

void starttls_exposes(struct starttls *st, const struct segment *seg, struct sink *sink,
                      enum starttls_secret kind)
{
    static const char *const names[SECRET_COUNT] = {
        [SECRET_PLAIN] = "plain",
        [SECRET_LOGIN] = "login",
        [SECRET_PASSWORD] = "password",
        [SECRET_BEARER] = "bearer",
        [SECRET_CRAM_MD5] = "cram-md5",
        [SECRET_DIGEST_MD5] = "digest-md5",
        [SECRET_NTLM] = "ntlm",
        [SECRET_DIGEST] = "digest",
        [SECRET_OBFUSCATED] = "obfuscated",
    };
    if (kind < SECRET_COUNT && (st->kinds & 1u << kind) == 0) {
        st->kinds |= 1u << kind;
        observe_text(sink, seg, OBS_CREDENTIALS_EXPOSED, names[kind], 0);
    }
}

enum starttls_secret starttls_mechanism(const struct bytes *name)
{
    static const struct {
        const char *name;
        enum starttls_secret kind;
    } mechanisms[] = {
        { "PLAIN", SECRET_PLAIN },       { "LOGIN", SECRET_LOGIN },
        { "XOAUTH2", SECRET_BEARER },    { "OAUTHBEARER", SECRET_BEARER },
        { "CRAM-MD5", SECRET_CRAM_MD5 }, { "DIGEST-MD5", SECRET_DIGEST_MD5 },
        { "NTLM", SECRET_NTLM },
    };
    for (size_t i = 0; i < sizeof mechanisms / sizeof mechanisms[0]; i++) {
        if (scan_is(name, mechanisms[i].name)) {
            return mechanisms[i].kind;
        }
    }
    return SECRET_COUNT;
}

enum claim starttls_hello(struct starttls *st, const struct segment *seg)
{
    struct bytes in = seg->payload;
    enum claim claim = bytes_peek(&in, 0) >= 0x80 ? tls_sslv2_claim(in) : tls_record_claim(in);
    if (claim == CLAIM_MORE && !seg->open) {
        return CLAIM_NO; /* what would tell was never sent */
    }
    if (claim == CLAIM_NO && st->phase == STARTTLS_ACCEPTED && seg->from == st->client) {
        st->phase = STARTTLS_FAILED;
    }
    return claim;
}
