/* tests/fuzz/fuzz_srtp_tag.c: any packet under any suite and length of MKI, and any text as a key.
 *
 * Input: suite(1) MKI(1) kind(1, bit 0: SRTCP) key(46) packet; all of it is also read as base64. */
#include <stdlib.h>
#include <string.h>

#include "analyzers/crypto/srtp_tag.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char *const suites[] = { "AES_CM_128_HMAC_SHA1_80", "AES_CM_128_HMAC_SHA1_32",
                                      "AES_192_CM_HMAC_SHA1_80", "AES_256_CM_HMAC_SHA1_32",
                                      "AEAD_AES_128_GCM",        "AEAD_AES_256_GCM" };

static void check(const uint8_t *packet, uint32_t size, bool rtcp, struct srtp_tag *tag)
{
    uint8_t *heap = malloc(size > 0 ? size : 1);
    if (heap == NULL) {
        abort();
    }
    memcpy(heap, packet, size);
    struct bytes in = bytes_of(heap, size, size);
    (void)(rtcp ? srtp_tag_rtcp(tag, in) : srtp_tag_rtp(tag, in, 0));
    if (size > 0 && srtp_tag_rtp(tag, bytes_of(heap, size - 1, size), 0)) {
        abort(); /* a packet that was cut proves nothing */
    }
    free(heap);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct srtp_tag *tag = NULL;
    uint8_t read[SRTP_KEY_MAX];
    struct bytes in = bytes_of(data, (uint32_t)size, (uint32_t)size);
    if (size > SRTP_TAG_PACKET_MAX || srtp_key_read(in, read) > SRTP_KEY_MAX) {
        return 0;
    }
    struct srtp_key key = { .suite = srtp_key_suite(suites[bytes_u8(&in) % 6]) };
    key.identifier_size = bytes_u8(&in) % (SRTP_KEY_IDENTIFIER + 1);
    bool rtcp = (bytes_u8(&in) & 1) != 0;
    if (!bytes_copy(&in, key.bytes, sizeof key.bytes) || srtp_tag_new(&tag) != OV_OK) {
        return 0;
    }
    srtp_tag_use(tag, &key);
    uint32_t left = bytes_left(&in);
    check(bytes_skip(&in, left), left, rtcp, tag);
    srtp_tag_free(tag);
    return 0;
}
