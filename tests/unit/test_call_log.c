/* tests/unit/test_call_log.c */
#include "analyzers/joins/call_log.h"
#include "tests/check.h"

static const struct flow_end ends[2] = { { .port = 5060 }, { .port = 40000 } };

static struct observation text_at(uint64_t packet, enum observation_kind kind, const char *text,
                                  uint32_t size)
{
    return (struct observation){
        .kind = kind, .packet = packet, .time_us = packet, .text = text, .text_size = size
    };
}

static struct calls *calls_for_test(void)
{
    struct calls *calls = NULL;
    CHECK_EQ(calls_new(16, (struct hash_seed){ { 1, 2 } }, &calls), OV_OK);
    return calls;
}

/* An INVITE as sip.c tells it. */
static void log_invite(struct call_log *log, uint64_t packet, const char *id, uint32_t size)
{
    struct observation message = text_at(packet, OBS_SIP_MESSAGE, "INVITE", 6);
    struct observation call_id = text_at(packet, OBS_SIP_CALL_ID, id, size);
    struct observation end = text_at(packet, OBS_SIP_MESSAGE_END, NULL, 0);
    call_log_put(log, 1, ends, &message);
    call_log_put(log, 1, ends, &call_id);
    call_log_put(log, 1, ends, &end);
}

static void entries_keep_their_order_and_their_texts(void)
{
    struct call_log log = { 0 };
    char text[] = "one@example";
    log_invite(&log, 5, text, sizeof text - 1);
    text[0] = 'x'; /* the log has a copy */
    log_invite(&log, 9, text, sizeof text - 1);
    CHECK_EQ(call_log_packet(&log, 0), 5);
    struct calls *calls = calls_for_test();
    size_t at = 0;
    for (unsigned i = 0; i < 3; i++) {
        at = call_log_replay(&log, at, &(struct joins){ .calls = calls });
    }
    CHECK_EQ(calls_count(calls), 1);
    CHECK_EQ(call_log_packet(&log, at), 9);
    while (at < log.used) {
        at = call_log_replay(&log, at, &(struct joins){ .calls = calls });
    }
    CHECK_EQ(at, log.used);
    CHECK_EQ(calls_count(calls), 2);
    calls_free(calls);
    call_log_reset(&log);
    CHECK_EQ(log.used, 0);
    call_log_done(&log);
}

static void entries_move_to_another_log_and_leave_it_from_the_front(void)
{
    struct call_log from = { 0 }, to = { 0 };
    log_invite(&from, 5, "one@example", 11);
    size_t first = from.used;
    log_invite(&from, 9, "two@example", 11);
    call_log_append(&to, &from, 0, first);
    call_log_append(&to, &from, first, from.used);
    call_log_append(&to, &from, first, first);
    call_log_done(&from);
    CHECK_EQ(to.used, 2 * first);
    CHECK_EQ(call_log_time(&to, 0), 5);
    struct calls *calls = calls_for_test();
    size_t at = 0;
    while (at < first) {
        at = call_log_replay(&to, at, &(struct joins){ .calls = calls });
    }
    CHECK_EQ(calls_count(calls), 1);
    call_log_drop(&to, at);
    CHECK_EQ(call_log_time(&to, 0), 9);
    for (at = 0; at < to.used;) {
        at = call_log_replay(&to, at, &(struct joins){ .calls = calls });
    }
    CHECK_EQ(calls_count(calls), 2);
    call_log_drop(&to, at);
    CHECK_EQ(to.used, 0);
    calls_free(calls);
    call_log_done(&to);
}

static void a_full_log_counts_what_it_drops(void)
{
    struct call_log log = { 0 };
    static char long_text[OBSERVATION_TEXT_MAX];
    struct observation obs = text_at(1, OBS_SIP_CALL_ID, long_text, sizeof long_text);
    for (uint32_t i = 0; i < CALL_LOG_MAX / sizeof long_text + 1; i++) {
        call_log_put(&log, 1, ends, &obs);
    }
    CHECK(log.dropped > 0);
    CHECK(log.room <= CALL_LOG_MAX);
    call_log_done(&log);
}

int main(void)
{
    entries_keep_their_order_and_their_texts();
    entries_move_to_another_log_and_leave_it_from_the_front();
    a_full_log_counts_what_it_drops();
    return check_failures == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
