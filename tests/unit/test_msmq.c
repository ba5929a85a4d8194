/* tests/unit/test_msmq.c: packets of message queues by their header ([MS-MQQB] 2.2.20.1). */
#include "tests/unit/starttls_play.h"

extern const struct analyzer msmq_analyzer;

/* version, reserved, flags, "LIOR", size, time to reach the queue */
static const char packet[] = "1000030"
                             "04c494f5250000000ffffffff"
                             "00112233";

static void a_packet_is_recognised(void)
{
    struct seen_flow flow = seen_open(&msmq_analyzer);
    say_one(&flow, C, packet);
    CHECK(seen_text(OBS_APP, "msmq"));
    CHECK_EQ(flow.last, FEED_SETTLED);
    seen_close(&flow);
}

static void only_queues_are_claimed(void)
{
    static const char *const others[] = { "100003004c494f5150000000", "110003004c494f5250000000",
                                          "100003004c494f520f000000", "474554202f20" };
    CHECK_EQ(say_claim(&msmq_analyzer, packet), CLAIM_YES);
    CHECK_EQ(say_claim(&msmq_analyzer, "100003004c49"), CLAIM_MORE);
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) {
        CHECK_EQ(say_claim(&msmq_analyzer, others[i]), CLAIM_NO);
    }
}

static void any_cut_or_flipped_byte_stays_in_bounds(void)
{
    static const struct say says[] = { { C, packet }, { 0, NULL } };
    say_spoilt_everywhere(&msmq_analyzer, says);
    uint8_t bytes[SAY_MAX];
    uint32_t size = say_bytes(packet, bytes);
    for (uint32_t n = 0; n <= size; n++) {
        enum claim claim = seen_claim(&msmq_analyzer, bytes, n, false);
        CHECK_EQ(claim, n < 12 ? CLAIM_NO : CLAIM_YES);
    }
}

int main(void)
{
    a_packet_is_recognised();
    only_queues_are_claimed();
    any_cut_or_flipped_byte_stays_in_bounds();
    return check_failures > 0;
}
