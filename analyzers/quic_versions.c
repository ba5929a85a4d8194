/* analyzers/quic_versions.c: salts, labels and Retry keys of QUIC versions: RFC 9001 5.2 and 5.8,
 * RFC 9369 3.3, drafts 22 to 32 of draft-ietf-quic-tls. Meta's versions protect like the drafts
 * that they were made from. */
#include "analyzers/quic_versions.h"

#include <string.h>

#include "base/text.h"

#define LABELS_V1 .key_label = "quic key", .iv_label = "quic iv", .hp_label = "quic hp"
#define LABELS_V2 .key_label = "quicv2 key", .iv_label = "quicv2 iv", .hp_label = "quicv2 hp"

static const struct quic_protection protection_v1 = {
    .salt = { 0x38, 0x76, 0x2c, 0xf7, 0xf5, 0x59, 0x34, 0xb3, 0x4d, 0x17,
              0x9a, 0xe6, 0xa4, 0xc8, 0x0c, 0xad, 0xcc, 0xbb, 0x7f, 0x0a },
    LABELS_V1,
    .retry_key = { 0xbe, 0x0c, 0x69, 0x0b, 0x9f, 0x66, 0x57, 0x5a, 0x1d, 0x76, 0x6b, 0x54, 0xe3,
                   0x68, 0xc8, 0x4e },
    .retry_iv = { 0x46, 0x15, 0x99, 0xd3, 0x5d, 0x63, 0x2b, 0xf2, 0x23, 0x98, 0x25, 0xbb },
};

static const struct quic_protection protection_v2 = {
    .salt = { 0x0d, 0xed, 0xe3, 0xde, 0xf7, 0x00, 0xa6, 0xdb, 0x81, 0x93,
              0x81, 0xbe, 0x6e, 0x26, 0x9d, 0xcb, 0xf9, 0xbd, 0x2e, 0xd9 },
    LABELS_V2,
    .retry_key = { 0x8f, 0xb4, 0xb0, 0x1b, 0x56, 0xac, 0x48, 0xe2, 0x60, 0xfb, 0xcb, 0xce, 0xad,
                   0x7c, 0xcc, 0x92 },
    .retry_iv = { 0xd8, 0x69, 0x69, 0xbc, 0x2d, 0x7c, 0x6d, 0x99, 0x90, 0xef, 0xb0, 0x4a },
};

static const struct quic_protection protection_29 = {
    .salt = { 0xaf, 0xbf, 0xec, 0x28, 0x99, 0x93, 0xd2, 0x4c, 0x9e, 0x97,
              0x86, 0xf1, 0x9c, 0x61, 0x11, 0xe0, 0x43, 0x90, 0xa8, 0x99 },
    LABELS_V1,
    .retry_key = { 0xcc, 0xce, 0x18, 0x7e, 0xd0, 0x9a, 0x09, 0xd0, 0x57, 0x28, 0x15, 0x5a, 0x6c,
                   0xb9, 0x6b, 0xe1 },
    .retry_iv = { 0xe5, 0x49, 0x30, 0xf9, 0x7f, 0x21, 0x36, 0xf0, 0x53, 0x0a, 0x8c, 0x1c },
};

static const struct quic_protection protection_23 = {
    .salt = { 0xc3, 0xee, 0xf7, 0x12, 0xc7, 0x2e, 0xbb, 0x5a, 0x11, 0xa7,
              0xd2, 0x43, 0x2b, 0xb4, 0x63, 0x65, 0xbe, 0xf9, 0xf5, 0x02 },
    LABELS_V1,
    .retry_key = { 0x4d, 0x32, 0xec, 0xdb, 0x2a, 0x21, 0x33, 0xc8, 0x41, 0xe4, 0x04, 0x3d, 0xf2,
                   0x7d, 0x44, 0x30 },
    .retry_iv = { 0x4d, 0x16, 0x11, 0xd0, 0x55, 0x13, 0xa5, 0x52, 0xc5, 0x87, 0xd5, 0x75 },
};

static const struct quic_protection protection_22 = {
    .salt = { 0x7f, 0xbc, 0xdb, 0x0e, 0x7c, 0x66, 0xbb, 0xe9, 0x19, 0x3a,
              0x96, 0xcd, 0x21, 0x51, 0x9e, 0xbd, 0x7a, 0x02, 0x64, 0x4a },
    LABELS_V1,
};

/* Google's own versions with TLS: packets like those of the drafts, other frames. The salts are
 * Chromium's (QuicUtils); each opens real packets of both sides, which a wrong one cannot. */
static const struct quic_protection protection_t50 = {
    .salt = { 0x7f, 0xf5, 0x79, 0xe5, 0xac, 0xd0, 0x72, 0x91, 0x55, 0x80,
              0x30, 0x4c, 0x43, 0xa2, 0x36, 0x7c, 0x60, 0x48, 0x83, 0x10 },
    LABELS_V1,
};

static const struct quic_protection protection_t51 = {
    .salt = { 0x7a, 0x4e, 0xde, 0xf4, 0xe7, 0xcc, 0xee, 0x5f, 0xa4, 0x50,
              0x6c, 0x19, 0x12, 0x4f, 0xc8, 0xcc, 0xda, 0x6e, 0x03, 0x3d },
    LABELS_V1,
};

static const struct quic_version versions[] = {
    { "v1", &protection_v1, 0x00000001, false, true, false },
    { "v2", &protection_v2, 0x6b3343cf, true, true, false },
    { "draft-22", &protection_22, 0xff000016, false, false, false },
    { "draft-23", &protection_23, 0xff000017, false, false, false },
    { "draft-24", &protection_23, 0xff000018, false, false, false },
    { "draft-25", &protection_23, 0xff000019, false, true, false },
    { "draft-26", &protection_23, 0xff00001a, false, true, false },
    { "draft-27", &protection_23, 0xff00001b, false, true, false },
    { "draft-28", &protection_23, 0xff00001c, false, true, false },
    { "draft-29", &protection_29, 0xff00001d, false, true, false },
    { "draft-30", &protection_29, 0xff00001e, false, true, false },
    { "draft-31", &protection_29, 0xff00001f, false, true, false },
    { "draft-32", &protection_29, 0xff000020, false, true, false },
    { "draft-33", &protection_v1, 0xff000021, false, true, false },
    { "draft-34", &protection_v1, 0xff000022, false, true, false },
    { "mvfst-22", &protection_22, 0xfaceb001, false, false, false },
    { "mvfst-27", &protection_23, 0xfaceb002, false, true, false },
    { "mvfst-exp", &protection_23, 0xfaceb00e, false, true, false },
    { "T050", &protection_t50, 0x54303530, false, false, true },
    { "T051", &protection_t51, 0x54303531, false, false, true },
};

const struct quic_version *quic_versions_find(uint32_t number)
{
    for (size_t i = 0; i < sizeof versions / sizeof versions[0]; i++) {
        if (versions[i].number == number) {
            return &versions[i];
        }
    }
    return NULL;
}

bool quic_versions_is_google(uint32_t number)
{
    uint32_t kind = number >> 16, tens = number >> 8 & 0xff, ones = number & 0xff;
    bool letters = kind == 0x5130 || kind == 0x5430; /* Q0, T0 */
    return letters && tens >= '0' && tens <= '9' && ones >= '0' && ones <= '9';
}

bool quic_versions_is_reserved(uint32_t number)
{
    return (number & 0x0f0f0f0f) == 0x0a0a0a0a;
}

const char *quic_versions_name(uint32_t number, char *buffer)
{
    const struct quic_version *version = quic_versions_find(number);
    if (version != NULL) {
        return version->name;
    }
    struct text t = text_into(buffer, QUIC_NAME_SIZE);
    if (quic_versions_is_google(number)) {
        text_printf(&t, "%c0%c%c", (int)(number >> 24), (int)(number >> 8 & 0xff),
                    (int)(number & 0xff));
    } else {
        text_printf(&t, "0x%08x", number);
    }
    return buffer;
}
