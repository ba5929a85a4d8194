/* tests/unit/test_duplicates.c: which packets are copies of others, and which only look so. */
#include "capture/duplicates.h"

#include <netinet/in.h>
#include <string.h>

#include "tests/check.h"

static struct batch batch;
static struct counters counters;
static const struct hash_seed seed = { { 1, 2 } };

/* A packet of 64 bytes of payload that begins with `word`, after all that are in the batch. */
static uint32_t put(uint8_t l4, uint16_t ip_id, uint64_t time_us, uint8_t word)
{
    static uint8_t payloads[BATCH_SIZE][64];
    uint32_t i = batch.count++;
    memset(payloads[i], 7, sizeof payloads[i]);
    payloads[i][0] = word;
    batch.state[i] = FRAME_FLOW | FRAME_LOW;
    batch.key[i] = (struct flow_key){ .port = { 5060, 5061 }, .l4 = l4 };
    batch.payload[i] = bytes_of(payloads[i], 64, 64);
    batch.time_us[i] = time_us;
    batch.ip_id[i] = ip_id;
    batch.checksum[i] = 0xabcd;
    batch.tcp_seq[i] = 1000;
    batch.tcp_ack[i] = 2000;
    batch.tcp_flags[i] = l4 == IPPROTO_TCP ? TCP_ACK : 0;
    return i;
}

static bool is_copy(uint32_t i)
{
    return (batch.state[i] & FRAME_DUPLICATE) != 0;
}

static struct duplicates *begin(void)
{
    struct duplicates *d = NULL;
    CHECK_EQ(duplicates_new(seed, &d), OV_OK);
    batch.count = 0;
    counters = (struct counters){ 0 };
    return d;
}

static void the_same_packet_soon_after_is_a_copy(void)
{
    struct duplicates *d = begin();
    uint32_t first = put(IPPROTO_UDP, 77, 1000000, 1);
    uint32_t again = put(IPPROTO_UDP, 77, 1000003, 1);
    uint32_t third = put(IPPROTO_UDP, 77, 1000000 + DUPLICATES_NAMED_US, 1);
    uint32_t earlier = put(IPPROTO_UDP, 77, 1000000 - DUPLICATES_NAMED_US, 1);
    uint32_t late = put(IPPROTO_UDP, 77, 1000001 + DUPLICATES_NAMED_US, 1);
    duplicates_mark(d, &batch, &counters);
    CHECK(!is_copy(first) && is_copy(again) && is_copy(third) && is_copy(earlier));
    CHECK(!is_copy(late));
    CHECK_EQ(counters.value[COUNT_DUPLICATES], 3);
    duplicates_free(d);
}

static void a_packet_that_differs_is_no_copy(void)
{
    struct duplicates *d = begin();
    (void)put(IPPROTO_TCP, 77, 1000000, 1);
    (void)put(IPPROTO_TCP, 78, 1000001, 1); /* a retransmission */
    (void)put(IPPROTO_TCP, 77, 1000001, 2);
    (void)put(IPPROTO_UDP, 77, 1000001, 1);
    batch.tcp_seq[put(IPPROTO_TCP, 77, 1000001, 1)]++;
    batch.tcp_ack[put(IPPROTO_TCP, 77, 1000001, 1)]++;
    batch.tcp_flags[put(IPPROTO_TCP, 77, 1000001, 1)] |= TCP_FIN;
    batch.checksum[put(IPPROTO_TCP, 77, 1000001, 1)]++;
    batch.key[put(IPPROTO_TCP, 77, 1000001, 1)].port[0]++;
    batch.state[put(IPPROTO_TCP, 77, 1000001, 1)] = FRAME_FLOW; /* the other way */
    uint32_t cut = put(IPPROTO_TCP, 77, 1000001, 1);
    batch.payload[cut] = bytes_of(batch.payload[cut].next, 60, 64);
    uint32_t shorter = put(IPPROTO_TCP, 77, 1000001, 1);
    batch.payload[shorter] = bytes_of(batch.payload[shorter].next, 60, 60);
    batch.state[put(IPPROTO_TCP, 77, 1000001, 1)] = 0; /* belongs to no flow */
    batch.state[put(IPPROTO_TCP, 77, 1000001, 1)] |= FRAME_HEADLESS;
    duplicates_mark(d, &batch, &counters);
    CHECK_EQ(counters.value[COUNT_DUPLICATES], 0);
    duplicates_free(d);
}

static void without_identification_copies_are_close(void)
{
    struct duplicates *d = begin();
    (void)put(IPPROTO_UDP, 0, 1000000, 1);
    uint32_t copy = put(IPPROTO_UDP, 0, 1000000 + DUPLICATES_BARE_US, 1);
    uint32_t repeated = put(IPPROTO_UDP, 0, 1000001 + DUPLICATES_BARE_US, 1);
    batch.payload[put(IPPROTO_TCP, 0, 1000000, 1)] = bytes_of(NULL, 0, 0);
    uint32_t ack = put(IPPROTO_TCP, 0, 1000001, 1); /* may be meant so */
    batch.payload[ack] = bytes_of(NULL, 0, 0);
    batch.payload[put(IPPROTO_TCP, 5, 1000000, 1)] = bytes_of(NULL, 0, 0);
    uint32_t numbered = put(IPPROTO_TCP, 5, 1000001, 1);
    batch.payload[numbered] = bytes_of(NULL, 0, 0);
    duplicates_mark(d, &batch, &counters);
    CHECK(is_copy(copy) && !is_copy(repeated));
    CHECK(!is_copy(ack) && is_copy(numbered));
    duplicates_free(d);
}

/* Payloads of every size up to the samples' and beyond are read within their bounds. */
static void every_payload_size_has_its_copy(void)
{
    struct duplicates *d = begin();
    for (uint32_t size = 0; size < 40; size++) {
        uint8_t *payload = calloc(size > 0 ? size : 1, 1);
        batch.count = 0;
        for (uint32_t k = 0; k < 2; k++) {
            batch.payload[put(IPPROTO_UDP, 9, 1000000, 0)] = bytes_of(payload, size, size);
        }
        duplicates_mark(d, &batch, &counters);
        CHECK(!is_copy(0) && is_copy(1));
        if (size > 0) { /* the last byte counts */
            payload[size - 1] ^= 1;
            batch.count = 0;
            batch.payload[put(IPPROTO_UDP, 9, 1000000, 0)] = bytes_of(payload, size, size);
            duplicates_mark(d, &batch, &counters);
            CHECK(!is_copy(0));
        }
        free(payload);
    }
    duplicates_free(d);
}

static void the_window_is_that_many_packets(void)
{
    for (uint32_t between = DUPLICATES_WINDOW - 3; between <= DUPLICATES_WINDOW; between++) {
        struct duplicates *d = begin();
        (void)put(IPPROTO_UDP, 1, 1000000, 1);
        for (uint32_t i = 0; i < between; i++) {
            if (batch.count == BATCH_SIZE) {
                duplicates_mark(d, &batch, &counters);
                batch.count = 0;
            }
            uint32_t other = put(IPPROTO_UDP, 1, 1000000, 2);
            batch.tcp_seq[other] = i;
        }
        duplicates_mark(d, &batch, &counters);
        CHECK_EQ(counters.value[COUNT_DUPLICATES], 0);
        batch.count = 0;
        (void)put(IPPROTO_UDP, 1, 1000000, 1);
        duplicates_mark(d, &batch, &counters);
        CHECK_EQ(counters.value[COUNT_DUPLICATES], between < DUPLICATES_WINDOW);
        duplicates_free(d);
    }
}

int main(void)
{
    the_same_packet_soon_after_is_a_copy();
    a_packet_that_differs_is_no_copy();
    without_identification_copies_are_close();
    every_payload_size_has_its_copy();
    the_window_is_that_many_packets();
    return check_failures == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
