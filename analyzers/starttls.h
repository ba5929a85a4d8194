/* analyzers/starttls.h: what protocols that turn to TLS on the way have in common: the offer, the
 * request, its answer, and where TLS begins. */
#ifndef OVERT_ANALYZERS_STARTTLS_H
#define OVERT_ANALYZERS_STARTTLS_H

#include "analyzers/analyzer.h"

enum starttls_phase {
    STARTTLS_BEFORE,   /* nobody asked for TLS */
    STARTTLS_ASKED,    /* the answer was not seen */
    STARTTLS_ACCEPTED, /* TLS must begin now */
    STARTTLS_REFUSED,
    STARTTLS_FAILED, /* accepted, but clear text went on */
};

enum starttls_offer { STARTTLS_UNTOLD, STARTTLS_ABSENT, STARTTLS_OFFERED, STARTTLS_REQUIRED };

/* One flow's; zeroed at the start. */
struct starttls {
    uint8_t phase;     /* enum starttls_phase */
    uint8_t offer;     /* enum starttls_offer */
    uint8_t client;    /* side; valid after starttls_begin */
    uint32_t clear;    /* messages of the client in clear after a refusal or failure */
    uint32_t injected; /* bytes behind the request in the same piece of clear text */
    uint32_t kinds;    /* bit per kind of credentials that was told */
};

/* Kinds of credentials that a reader of clear text gets, or can break off-line. */
enum starttls_secret {
    SECRET_PLAIN,      /* SASL PLAIN, RFC 4616 */
    SECRET_LOGIN,      /* SASL LOGIN; LOGIN of IMAP */
    SECRET_PASSWORD,   /* PASS of FTP and POP3; passwords of other protocols */
    SECRET_BEARER,     /* RFC 7628, XOAUTH2 */
    SECRET_CRAM_MD5,   /* RFC 2195, APOP of RFC 1939 */
    SECRET_DIGEST_MD5, /* RFC 2831 */
    SECRET_NTLM,       /* [MS-NLMP] */
    SECRET_DIGEST,     /* another digest of the password and a nonce */
    SECRET_OBFUSCATED, /* a password that a fixed rule makes readable again ([MS-TDS] 2.2.6.4) */
    SECRET_COUNT,      /* none: the mechanism shows nothing */
};

/* Names the protocol (a constant) and its client; before all other facts. */
void starttls_begin(struct starttls *st, const struct segment *seg, struct sink *sink,
                    const char *protocol, uint8_t client);
/* A better offer replaces a worse one. */
void starttls_offers(struct starttls *st, const struct segment *seg, struct sink *sink,
                     enum starttls_offer offer);
void starttls_asks(struct starttls *st, const struct segment *seg, struct sink *sink);
void starttls_answers(struct starttls *st, const struct segment *seg, struct sink *sink,
                      bool accepted);
/* The client said one thing in clear: counted after a refusal or failure. */
void starttls_speaks(struct starttls *st, const struct segment *seg, struct sink *sink);
/* Bytes behind the request in the same piece of clear text (CVE-2011-0411). */
void starttls_injects(struct starttls *st, const struct segment *seg, struct sink *sink,
                      uint32_t bytes);
/* Tells each kind once; SECRET_COUNT tells nothing. */
void starttls_exposes(struct starttls *st, const struct segment *seg, struct sink *sink,
                      enum starttls_secret kind);
/* The kind that a SASL mechanism exposes. */
enum starttls_secret starttls_mechanism(const struct bytes *name);
/* Does TLS begin here? CLAIM_NO after acceptance is a failure, if the client says it. */
enum claim starttls_hello(struct starttls *st, const struct segment *seg);

#endif
