/* rules/strength.h: strength profiles: which versions, algorithms and key sizes are good enough.
 *
 * A profile is data (rules/builtin/strength/NAME.yaml, or a file of the user's that extends one),
 * read by strength_read.c; judge_strength.c holds the facts of a flow against it. */
#ifndef OVERT_RULES_STRENGTH_H
#define OVERT_RULES_STRENGTH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What a value is; a section of the profile each. */
enum strength_kind {
    STRENGTH_VERSION,               /* TLSv1.2 DTLSv1.0 */
    STRENGTH_SUITE,                 /* IANA names of TLS, DTLS and QUIC */
    STRENGTH_GROUP,                 /* secp256r1 X25519MLKEM768; DHE with bits: an own prime */
    STRENGTH_SIGNATURE,             /* schemes of TLS handshakes: rsa_pss_rsae_sha256 */
    STRENGTH_KEY,                   /* of certificates: RSA with bits, EC/P-256, Ed25519 */
    STRENGTH_CERTIFICATE_SIGNATURE, /* OpenSSL's names: sha256WithRSAEncryption */
    STRENGTH_SRTP,                  /* SDES suites and DTLS-SRTP profiles */
    STRENGTH_IKE_ENCRYPTION,        /* IANA names of transforms, with bits where they have any */
    STRENGTH_IKE_PRF,
    STRENGTH_IKE_INTEGRITY,
    STRENGTH_IKE_GROUP,
    STRENGTH_VPN, /* ciphers that a protocol or the shape of its packets tells: block64 wireguard */
    STRENGTH_SSH_KEX,
    STRENGTH_SSH_HOST_KEY,
    STRENGTH_SSH_CIPHER,
    STRENGTH_SSH_MAC,
    STRENGTH_RDP, /* encryption methods of RDP's own security */
    STRENGTH_KINDS,
};

enum strength_grade {
    STRENGTH_GOOD,
    STRENGTH_ACCEPTABLE, /* passes; better is to be had */
    STRENGTH_WEAK,       /* should not be used */
    STRENGTH_FORBIDDEN,  /* must not be used */
    STRENGTH_GRADES,
    STRENGTH_UNKNOWN = STRENGTH_GRADES, /* the profile does not speak of it */
};

struct strength_entry {
    enum strength_kind kind;
    enum strength_grade grade;
    const char *const *names;     /* NULL-ended; '*' stands for any characters */
    uint32_t bits_low, bits_high; /* of keys; 0 and UINT32_MAX: whatever they are */
    bool with_etm;                /* only together with encrypt-then-MAC (RFC 7366) */
    bool without_etm;             /* only where that was not agreed on */
    bool unconfirmed;             /* not checked against its source */
    const char *reason;           /* code of a reason of its own, or NULL */
    const char *note;             /* what is the matter with these values, or NULL */
    const char *source;           /* document and section */
};

struct strength_profile {
    const char *name, *title;
    const char *checked; /* the day on which entries were held against their sources, or NULL */
    const struct strength_entry *entries;
    uint32_t count;
    const struct strength_profile *base; /* asked where no entry speaks; or NULL */
};

struct strength_value {
    enum strength_kind kind;
    const char *name;
    uint32_t bits;     /* 0: has none, or unknown */
    bool etm;          /* encrypt-then-MAC was agreed on */
    const char *shown; /* how the flow calls it, where that differs; or NULL */
};

enum { STRENGTH_ENTRIES_MAX = 4 };

/* The grade, and the entries that say so. */
struct strength_finding {
    enum strength_grade grade;
    const struct strength_entry *entries[STRENGTH_ENTRIES_MAX]; /* not the better ones beside */
    uint32_t count;
};

/* Of the entries that match in the outermost profile which has any, the worst grade counts; a value
 * that none matches is STRENGTH_UNKNOWN. */
enum strength_grade strength_grade(const struct strength_profile *profile,
                                   const struct strength_value *value,
                                   struct strength_finding *ret_finding);
/* Name of a section: "suites", "ike_groups". */
const char *strength_kind_name(enum strength_kind kind);
/* For sentences: "cipher suite", "IKE group". */
const char *strength_kind_phrase(enum strength_kind kind);
/* "good", "acceptable", "weak", "forbidden", "unknown". */
const char *strength_grade_name(enum strength_grade grade);

#endif
