/* tests/fuzz/fuzz_sdp.c: any bytes as a session description; no key text may come out.
 *
 * Input: flags(1) body. flags: bytes that the capture cut off behind the body. */
#include <stdlib.h>
#include <string.h>

#include "analyzers/sdp.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void put(struct sink *sink, const struct observation *obs)
{
    (void)sink;
    bool sdp = obs->kind >= OBS_SDP_MEDIA && obs->kind <= OBS_SDP_CANDIDATE;
    if (!sdp || obs->index >= SDP_MEDIA_MAX || (obs->text == NULL && obs->text_size > 0)) {
        abort();
    }
    if (obs->text != NULL && obs->kind == OBS_SDP_CRYPTO &&
        memchr(obs->text, ':', obs->text_size) != NULL) {
        abort(); /* a suite has no colon: this is "inline:" and a key */
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 1 || size > 65535) {
        return 0;
    }
    uint32_t n = (uint32_t)size - 1;
    uint8_t *heap = malloc(n > 0 ? n : 1); /* its own block: one byte past is a red zone */
    if (heap == NULL) {
        abort();
    }
    memcpy(heap, data + 1, n);
    struct sink sink = { .put = put };
    struct segment seg = { .payload = bytes_of(heap, n, n + data[0]), .packet = 1 };
    struct sdp sdp = { .seg = &seg, .sink = &sink, .payload = seg.payload };
    sdp_read(&sdp, seg.payload);
    free(heap);
    return 0;
}
