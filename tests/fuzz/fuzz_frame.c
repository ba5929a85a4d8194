/* tests/fuzz/fuzz_frame.c: any frames of any link type through frames_decode and fragments.
 *
 * Input: per frame link type(1) cut(1) length(2), then that many bytes. */
#include <stdlib.h>
#include <string.h>

#include "capture/frame.h"

static const uint16_t link_types[] = {
    1,   0,   108, 101, 12,  14,  228, 229, 113, 276, 9,   220, 7,   50,  51,  100, 104,
    105, 107, 109, 117, 119, 127, 129, 163, 166, 178, 192, 197, 204, 239, 258, 274,
};

static struct batch batch;
static uint8_t *blocks[BATCH_SIZE]; /* of the frames */

static void require(bool ok)
{
    if (!ok) {
        abort();
    }
}

/* Each frame in its own block: one byte past it is a red zone. */
static uint8_t *own_copy(const struct bytes *part)
{
    uint32_t size = bytes_left(part);
    uint8_t *copy = malloc(size > 0 ? size : 1);
    struct bytes from = *part;
    require(copy != NULL && bytes_copy(&from, copy, size));
    return copy;
}

static bool add_frame(struct bytes *in)
{
    uint32_t i = batch.count;
    uint8_t link = bytes_u8(in);
    uint8_t cut = bytes_u8(in);
    uint16_t length = bytes_u16(in);
    if (!bytes_ok(in)) {
        return false;
    }
    struct bytes part = bytes_take(in, length < bytes_left(in) ? length : bytes_left(in));
    uint32_t size = bytes_left(&part);
    blocks[i] = own_copy(&part);
    batch.frame[i] = bytes_of(blocks[i], size, size + cut);
    batch.link_type[i] = link_types[link % (sizeof link_types / sizeof link_types[0])];
    batch.time_us[i] = UINT64_C(1000000) * cut;
    batch.packet[i] = i + 1;
    batch.count++;
    return true;
}

static void check_flow(uint32_t i)
{
    static const struct flow_key none;
    const struct flow_key *key = &batch.key[i];
    int order = memcmp(key->addr[0].byte, key->addr[1].byte, sizeof key->addr[0].byte);
    require(order < 0 || (order == 0 && key->port[0] <= key->port[1]));
    require(memcmp(key->zero, none.zero, sizeof key->zero) == 0);
    require(bytes_ok(&batch.payload[i]));
    unsigned sum = 0;
    for (uint32_t n = 0; n < bytes_left(&batch.payload[i]); n++) {
        sum += (unsigned)bytes_peek(&batch.payload[i], n); /* every byte can be read */
    }
    require(sum <= 255U * bytes_left(&batch.payload[i]));
}

static void check_tunnels(const struct tunnels *tunnels, uint16_t number)
{
    const struct tunnel_path *path = tunnels_path(tunnels, number);
    require(path == NULL || (path->count > 0 && path->count <= TUNNEL_HOPS));
    for (uint32_t hop = 0; path != NULL && hop < path->count; hop++) {
        char text[TUNNEL_TEXT_SIZE];
        require(strlen(tunnel_text(path, hop, text)) < TUNNEL_TEXT_SIZE - 1);
    }
}

/* Each packet is a flow's, a fragment that waits, or counted once. */
static void check_sum(const struct counters *c, uint32_t flows)
{
    static const enum capture_counter reasons[] = {
        COUNT_LINK_UNKNOWN,   COUNT_LINK_SHORT,   COUNT_NOT_IP, COUNT_IP_MALFORMED,
        COUNT_IP_CUT,         COUNT_L4_MALFORMED, COUNT_L4_CUT, COUNT_TOO_DEEP,
        COUNT_LINK_ENCRYPTED, COUNT_LINK_OTHER,
    };
    uint64_t sum = flows + c->value[COUNT_FRAGMENTS] - c->value[COUNT_FRAGMENTS_JOINED];
    for (size_t i = 0; i < sizeof reasons / sizeof reasons[0]; i++) {
        sum += c->value[reasons[i]];
    }
    require(sum == batch.count && c->value[COUNT_PACKETS] == batch.count);
}

/* The packets of the batch that belong to flows and could be read. */
static uint32_t check_flows(const struct tunnels *tunnels)
{
    uint32_t flows = 0;
    for (uint32_t i = 0; i < batch.count; i++) {
        if ((batch.state[i] & FRAME_FLOW) != 0) {
            check_flow(i);
            check_tunnels(tunnels, batch.tunnel[i]);
            flows += (batch.state[i] & FRAME_HEADLESS) == 0; /* else counted for its cause */
        }
    }
    return flows;
}

/* What is left of datagrams that are not whole. */
static void check_heads(struct fragments *fragments, struct tunnels *tunnels,
                        struct counters *counters)
{
    fragments_recycle(fragments, batch.datagrams);
    for (fragments_finish(fragments, counters); frames_heads(&batch, fragments, tunnels);
         fragments_finish(fragments, counters)) {
        (void)check_flows(tunnels);
        for (uint32_t i = 1; i < batch.count; i++) {
            require(batch.packet[i - 1] <= batch.packet[i]);
        }
        fragments_recycle(fragments, batch.datagrams);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct counters counters = { { 0 } };
    struct fragments *fragments = NULL;
    struct tunnels *tunnels = NULL;
    struct bytes in = bytes_of(data, (uint32_t)size, (uint32_t)size);
    require(fragments_new(4, (struct hash_seed){ { 1, 2 } }, &fragments) == OV_OK);
    require(tunnels_new((struct hash_seed){ { 1, 2 } }, &tunnels) == OV_OK);
    batch.count = 0;
    while (batch.count < BATCH_SIZE && add_frame(&in)) {
    }
    frames_decode(&batch, fragments, tunnels, &counters);
    check_sum(&counters, check_flows(tunnels));
    uint32_t frames = batch.count;
    check_heads(fragments, tunnels, &counters);
    for (uint32_t i = 0; i < frames; i++) {
        free(blocks[i]);
    }
    fragments_free(fragments);
    tunnels_free(tunnels);
    return 0;
}
