/* tests/unit/test_dns.c: questions and the addresses answered, over UDP and TCP. */
#include "tests/seen.h"

extern const struct analyzer dns_analyzer;

enum { SECOND = 1000000 };

/* FE01.contoso.com A? In mixed case: RFC 1035 2.3.3. */
static const uint8_t query[34] = {
    0x12, 0x34, 0x01, 0x00, 0x00, 0x01, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
    0x04, 'F',  'E',  '0',  '1',  0x07, 'c',  'o',  'n',  't',  'o',  's',
    'o',  0x03, 'c',  'o',  'm',  0x00, 0x00, 0x01, 0x00, 0x01,
};

/* Its answer: an alias, pool.contoso.com (RFC 1035 4.1.4 pointers), with 10.0.1.10 and, as AAAA,
 * 2001:db8::10. */
static const uint8_t answer[97] = {
    0x12, 0x34, 0x85, 0x80, 0x00, 0x01, 0x00, 0x03, 0x00, 0x00, 0x00, 0x00, 0x04, 'F',
    'E',  '0',  '1',  0x07, 'c',  'o',  'n',  't',  'o',  's',  'o',  0x03, 'c',  'o',
    'm',  0x00, 0x00, 0x01, 0x00, 0x01, 0xc0, 0x0c, 0x00, 0x05, 0x00, 0x01, 0x00, 0x00,
    0x0e, 0x10, 0x00, 0x07, 0x04, 'p',  'o',  'o',  'l',  0xc0, 0x11, 0xc0, 0x2e, 0x00,
    0x01, 0x00, 0x01, 0x00, 0x00, 0x0e, 0x10, 0x00, 0x04, 10,   0,    1,    10,   0xc0,
    0x2e, 0x00, 0x1c, 0x00, 0x01, 0x00, 0x00, 0x0e, 0x10, 0x00, 0x10, 0x20, 0x01, 0x0d,
    0xb8, 0,    0,    0,    0,    0,    0,    0,    0,    0,    0,    0,    0x10,
};

static enum claim claim_at(const uint8_t *data, uint32_t size, bool open, uint16_t port)
{
    uint8_t *heap = malloc(size > 0 ? size : 1);
    memcpy(heap, data, size);
    struct segment seg = { .payload = bytes_of(heap, size, open ? UINT32_MAX : size),
                           .open = open,
                           .first = true,
                           .port = { 40000, port } };
    enum claim claim = dns_analyzer.claim(&seg);
    free(heap);
    return claim;
}

static void feed_both(const uint8_t *data, uint32_t captured, uint32_t size)
{
    struct seen_flow flow = seen_open(&dns_analyzer);
    seen_datagram(&flow, 0, query, sizeof query, sizeof query);
    seen_datagram(&flow, 1, data, captured, size);
    seen_close(&flow);
}

static void an_answer_gives_its_addresses_to_the_name_asked_for(void)
{
    feed_both(answer, sizeof answer, sizeof answer);
    CHECK_EQ(seen[0].obs.kind, OBS_APP);
    CHECK(seen_text(OBS_APP, "dns"));
    CHECK_EQ(seen_value(OBS_CLIENT), 0);
    CHECK_EQ(seen_times(OBS_DNS_NAME), 1);
    CHECK(seen_text(OBS_DNS_NAME, "fe01.contoso.com"));
    CHECK_EQ(seen_times(OBS_DNS_ADDRESS), 2);
    CHECK(seen_text(OBS_DNS_ADDRESS, "10.0.1.10 fe01.contoso.com"));
    CHECK(seen_text(OBS_DNS_ADDRESS, "2001:db8::10 fe01.contoso.com"));
    CHECK_EQ(seen_times(OBS_MALFORMED), 0);
}

static void an_answer_is_told_once_with_its_end(void)
{
    struct seen_flow flow = seen_open(&dns_analyzer);
    uint8_t later[sizeof answer];
    memcpy(later, answer, sizeof answer);
    later[61] = 0x0f; /* of the A record: one hour becomes 3841 s, the other one stays */
    later[62] = 0x01;
    seen_datagram(&flow, 1, answer, sizeof answer, sizeof answer);
    seen_datagram(&flow, 1, answer, sizeof answer, sizeof answer);
    later[sizeof later - 1] = 0x11; /* another AAAA */
    seen_datagram(&flow, 1, later, sizeof later, sizeof later);
    seen_close(&flow);
    CHECK_EQ(seen_times(OBS_DNS_ANSWER_NAME), 2);
    CHECK_EQ(seen_times(OBS_DNS_ANSWER_ADDRESS), 4);
    CHECK_EQ(seen_times(OBS_DNS_ANSWER_UNTIL), 3);
    CHECK_EQ(seen_nth(OBS_DNS_ANSWER_ADDRESS, 3)->obs.index, 1);
    CHECK(strcmp(seen_nth(OBS_DNS_ANSWER_ADDRESS, 0)->text, "10.0.1.10") == 0);
    const struct seen *until = seen_nth(OBS_DNS_ANSWER_UNTIL, 1);
    CHECK_EQ(until->obs.value - until->obs.time_us, 3600000000);
    CHECK_EQ(until->obs.index, 0);
}

static void a_cut_answer_is_none(void)
{
    feed_both(answer, sizeof answer - 1, sizeof answer);
    CHECK_EQ(seen_times(OBS_DNS_ADDRESS), 1);
    CHECK_EQ(seen_times(OBS_DNS_ANSWER_NAME), 0);
}

static void different_answers_of_one_flow_are_capped(void)
{
    struct seen_flow flow = seen_open(&dns_analyzer);
    uint8_t other[sizeof answer];
    memcpy(other, answer, sizeof answer);
    for (unsigned i = 0; i < 40; i++) {
        other[sizeof other - 1] = (uint8_t)i;
        seen_datagram(&flow, 1, other, sizeof other, sizeof other);
    }
    seen_close(&flow);
    CHECK_EQ(seen_times(OBS_DNS_ANSWER_NAME), 32);
    CHECK_EQ(seen_times(OBS_CUT), 8);
}

static void an_answer_alone_tells_who_asked(void)
{
    struct seen_flow flow = seen_open(&dns_analyzer);
    seen_datagram(&flow, 0, answer, sizeof answer, sizeof answer);
    seen_close(&flow);
    CHECK_EQ(seen_value(OBS_CLIENT), 1);
    CHECK_EQ(seen_times(OBS_DNS_ADDRESS), 2);
}

static void a_failed_answer_names_nothing(void)
{
    uint8_t failed[sizeof answer];
    memcpy(failed, answer, sizeof answer);
    failed[3] = 0x83; /* NXDOMAIN */
    feed_both(failed, sizeof failed, sizeof failed);
    CHECK_EQ(seen_times(OBS_DNS_ADDRESS), 0);
}

static void the_port_and_the_layout_are_both_asked_for(void)
{
    CHECK_EQ(claim_at(query, sizeof query, false, 53), CLAIM_YES);
    CHECK_EQ(claim_at(answer, sizeof answer, false, 53), CLAIM_YES);
    CHECK_EQ(claim_at(query, sizeof query, false, 5060), CLAIM_NO);
    for (uint32_t size = 0; size < sizeof query; size++) {
        CHECK_EQ(claim_at(query, size, false, 53), CLAIM_NO);
    }
    uint8_t other[sizeof query];
    memcpy(other, query, sizeof query);
    other[2] = 0x29; /* opcode 5, UPDATE */
    CHECK_EQ(claim_at(other, sizeof other, false, 53), CLAIM_NO);
}

static void a_name_that_points_at_itself_ends(void)
{
    uint8_t loop[18] = { 0, 1, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0xc0, 0x0c, 0, 1, 0, 1 };
    CHECK_EQ(claim_at(loop, sizeof loop, false, 53), CLAIM_NO);
    feed_both(loop, sizeof loop, sizeof loop);
    CHECK_EQ(seen_times(OBS_MALFORMED), 1);
}

static void strange_labels_are_no_name(void)
{
    uint8_t strange[sizeof answer];
    memcpy(strange, answer, sizeof answer);
    strange[13] = ' ';
    feed_both(strange, sizeof strange, sizeof strange);
    CHECK_EQ(seen_times(OBS_DNS_ADDRESS), 0);
    CHECK_EQ(seen_times(OBS_MALFORMED), 0);
}

/* What the capture did not keep is not there, and nothing else is made of it. */
static void a_cut_answer_gives_what_it_holds(void)
{
    for (uint32_t size = 0; size < sizeof answer; size++) {
        feed_both(answer, size, sizeof answer);
        CHECK(seen_times(OBS_DNS_ADDRESS) <= (size >= 69 ? 1 : 0));
        CHECK_EQ(seen_times(OBS_MALFORMED), 0);
        CHECK_EQ(seen_times(OBS_CUT), 1);
    }
}

static void a_flipped_answer_stays_in_bounds(void)
{
    for (uint32_t i = 0; i < sizeof answer; i++) {
        for (int v = 1; v < 256; v += 3) {
            uint8_t m[sizeof answer];
            memcpy(m, answer, sizeof answer);
            m[i] ^= (uint8_t)v;
            (void)claim_at(m, sizeof m, false, 53);
            feed_both(m, sizeof m, sizeof m);
            CHECK(seen_times(OBS_DNS_ADDRESS) <= 3);
        }
    }
}

/* RFC 7766 8: a message behind its length, in any pieces, several in one. */
static void a_stream_may_be_split_anywhere(void)
{
    uint8_t stream[2 * (2 + sizeof answer)];
    for (unsigned i = 0; i < 2; i++) {
        uint8_t *at = stream + i * (2 + sizeof answer);
        at[0] = 0;
        at[1] = sizeof answer;
        memcpy(at + 2, answer, sizeof answer);
    }
    for (uint32_t split = 1; split < sizeof stream; split++) {
        struct seen_flow flow = seen_open(&dns_analyzer);
        seen_bytes(&flow, 1, stream, split);
        seen_bytes(&flow, 1, stream + split, (uint32_t)sizeof stream - split);
        seen_close(&flow);
        CHECK_EQ(seen_times(OBS_DNS_ADDRESS), 4);
        CHECK_EQ(seen_times(OBS_DNS_NAME), 1);
        CHECK_EQ(seen_times(OBS_MALFORMED), 0);
    }
    CHECK_EQ(claim_at(stream, sizeof stream, true, 53), CLAIM_YES);
    CHECK_EQ(claim_at(stream, 1, true, 53), CLAIM_MORE);
    CHECK_EQ(claim_at(stream, 40, true, 53), CLAIM_YES);
    CHECK_EQ(claim_at(stream, 20, true, 53), CLAIM_MORE);
}

/* The answer with another address: forged, or the turn of another member. */
static void put_other(uint8_t *other)
{
    memcpy(other, answer, sizeof answer);
    other[68] = 77;
}

/* A datagram a minute after the capture began. */
static void at_later(struct seen_flow *flow, uint8_t from, const void *data, uint32_t captured,
                     uint32_t on_wire)
{
    struct segment seg = { .payload = bytes_of(data, captured, on_wire), .from = from };
    seg.time_us = (uint64_t)60 * SECOND;
    flow->last = dns_analyzer.feed(flow->state, &seg, &flow->sink);
}

static void a_second_answer_to_one_query_is_told(void)
{
    uint8_t other[sizeof answer];
    put_other(other);
    struct seen_flow flow = seen_open(&dns_analyzer);
    at_later(&flow, 0, query, sizeof query, sizeof query);
    at_later(&flow, 1, answer, sizeof answer, sizeof answer);
    at_later(&flow, 1, answer, sizeof answer, sizeof answer);
    CHECK_EQ(seen_times(OBS_DNS_ANSWER_RIVAL), 0); /* a copy */
    at_later(&flow, 1, other, sizeof other, sizeof other);
    CHECK_EQ(seen_times(OBS_DNS_ANSWER_RIVAL), 1);
    CHECK_EQ(seen_nth(OBS_DNS_ANSWER_RIVAL, 0)->obs.index, 1);
    CHECK_EQ(seen_value(OBS_DNS_ANSWER_RIVAL), 0);
    at_later(&flow, 1, other, sizeof other, sizeof other);
    CHECK_EQ(seen_times(OBS_DNS_ANSWER_RIVAL), 1);
    seen_close(&flow);
}

/* Queries and answers in the order of `script`: q = query, a, b = answers, t = the other one, cut
 * short by its sender, f = the resolver failed, i = the other one under another id. */
static unsigned rivals_of(const char *script)
{
    struct seen_flow flow = seen_open(&dns_analyzer);
    for (; *script != '\0'; script++) {
        uint8_t other[sizeof answer];
        put_other(other);
        other[0] ^= *script == 'i' ? 1 : 0;
        other[2] |= *script == 't' ? 2 : 0;
        other[3] |= *script == 'f' ? 2 : 0;
        const uint8_t *data = *script == 'q' ? query : *script == 'a' ? answer : other;
        uint32_t size = *script == 'q' ? sizeof query : sizeof answer;
        at_later(&flow, *script == 'q' ? 0 : 1, data, size, size);
    }
    unsigned times = seen_times(OBS_DNS_ANSWER_RIVAL);
    seen_close(&flow);
    return times;
}

static void only_answers_that_nobody_asked_for_are_rivals(void)
{
    CHECK_EQ(rivals_of("qab"), 1);
    CHECK_EQ(rivals_of("qba"), 1);
    CHECK_EQ(rivals_of("qqab"), 0); /* sent again, answered anew */
    CHECK_EQ(rivals_of("qaqb"), 0);
    CHECK_EQ(rivals_of("qqabb"), 1);
    CHECK_EQ(rivals_of("ab"), 0); /* the query was not seen */
    CHECK_EQ(rivals_of("qat"), 0);
    CHECK_EQ(rivals_of("qaf"), 0);
    CHECK_EQ(rivals_of("qai"), 0);
    CHECK_EQ(rivals_of("qfb"), 0); /* one answer with addresses */
    CHECK_EQ(rivals_of("qiia"), 0);
}

/* The query, `asked` seconds after the capture began, an answer, and another one so much later. */
static unsigned rivals_at(uint64_t asked, uint64_t later)
{
    uint8_t other[sizeof answer];
    put_other(other);
    struct seen_flow flow = seen_open(&dns_analyzer);
    struct segment seg = { .payload = bytes_of(query, sizeof query, sizeof query) };
    flow.sink.begun_us = (uint64_t)1000 * SECOND;
    seg.time_us = (1000 + asked) * SECOND;
    dns_analyzer.feed(flow.state, &seg, &flow.sink);
    seg.payload = bytes_of(answer, sizeof answer, sizeof answer);
    seg.from = 1;
    dns_analyzer.feed(flow.state, &seg, &flow.sink);
    seg.payload = bytes_of(other, sizeof other, sizeof other);
    seg.time_us += later * SECOND;
    dns_analyzer.feed(flow.state, &seg, &flow.sink);
    unsigned times = seen_times(OBS_DNS_ANSWER_RIVAL);
    seen_close(&flow);
    return times;
}

static void an_answer_may_be_to_a_query_that_was_not_seen(void)
{
    CHECK_EQ(rivals_at(60, 9), 1);
    CHECK_EQ(rivals_at(60, 11), 0);
    CHECK_EQ(rivals_at(10, 0), 1);
    CHECK_EQ(rivals_at(9, 0), 0); /* sent again: the first one was before the capture */
}

static void newest_queries_are_kept(void)
{
    uint8_t q[sizeof query], a[sizeof answer], b[sizeof answer];
    for (unsigned between = 6; between < 10; between++) {
        struct seen_flow flow = seen_open(&dns_analyzer);
        memcpy(q, query, sizeof q);
        at_later(&flow, 0, q, sizeof q, sizeof q);
        at_later(&flow, 1, answer, sizeof answer, sizeof answer);
        for (unsigned i = 1; i <= between; i++) {
            q[1] = (uint8_t)(query[1] + i);
            at_later(&flow, 0, q, sizeof q, sizeof q);
            memcpy(a, answer, sizeof a);
            a[1] = q[1];
            at_later(&flow, 1, a, sizeof a, sizeof a);
        }
        put_other(b);
        at_later(&flow, 1, b, sizeof b, sizeof b);
        CHECK_EQ(seen_times(OBS_DNS_ANSWER_RIVAL), between < 8 ? 1 : 0);
        seen_close(&flow);
    }
}

static void names_of_one_flow_are_capped(void)
{
    struct seen_flow flow = seen_open(&dns_analyzer);
    uint8_t many[sizeof query];
    memcpy(many, query, sizeof query);
    for (unsigned i = 0; i < 100; i++) {
        many[15] = (uint8_t)('0' + i / 10);
        many[16] = (uint8_t)('0' + i % 10);
        seen_datagram(&flow, 0, many, sizeof many, sizeof many);
    }
    seen_close(&flow);
    CHECK_EQ(seen_times(OBS_DNS_NAME), 64);
    CHECK_EQ(seen_times(OBS_CUT), 36);
}

int main(void)
{
    an_answer_gives_its_addresses_to_the_name_asked_for();
    an_answer_is_told_once_with_its_end();
    a_cut_answer_is_none();
    different_answers_of_one_flow_are_capped();
    an_answer_alone_tells_who_asked();
    a_failed_answer_names_nothing();
    the_port_and_the_layout_are_both_asked_for();
    a_name_that_points_at_itself_ends();
    strange_labels_are_no_name();
    a_cut_answer_gives_what_it_holds();
    a_flipped_answer_stays_in_bounds();
    a_stream_may_be_split_anywhere();
    a_second_answer_to_one_query_is_told();
    only_answers_that_nobody_asked_for_are_rivals();
    an_answer_may_be_to_a_query_that_was_not_seen();
    newest_queries_are_kept();
    names_of_one_flow_are_capped();
    return check_failures == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
