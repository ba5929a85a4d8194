/* tests/unit/test_facts_pack.c */
#include <string.h>

#include "analyzers/facts_pack.h"
#include "tests/check.h"

static uint8_t scratch[FACTS_PACK_MAX];

static void put(struct facts *facts, enum observation_kind kind, const char *text, uint64_t value,
                uint64_t packet)
{
    struct observation obs = { .kind = kind,
                               .index = (uint16_t)(packet % 3),
                               .sub = (uint16_t)(packet % 2),
                               .from = (uint8_t)(packet % 2),
                               .text = text,
                               .text_size = text != NULL ? (uint32_t)strlen(text) : 0,
                               .value = value,
                               .packet = packet,
                               .time_us = packet * 1000,
                               .offset = (uint32_t)(value % 100) };
    facts_put(facts, &obs);
}

static bool same_fact(const struct facts *a, const struct fact *x, const struct facts *b,
                      const struct fact *y)
{
    return x->kind == y->kind && x->index == y->index && x->sub == y->sub && x->from == y->from &&
           x->cut == y->cut && x->room == y->room && x->offset == y->offset && x->hash == y->hash &&
           x->value == y->value && x->packet == y->packet && x->time_us == y->time_us &&
           strcmp(facts_text(a, x), facts_text(b, y)) == 0;
}

static void check_same(const struct facts *a, const struct facts *b)
{
    CHECK_EQ(a->count, b->count);
    CHECK_EQ(a->lists, b->lists);
    CHECK_EQ(a->dropped, b->dropped);
    CHECK_EQ(a->text_used, b->text_used);
    for (uint32_t i = 0; i < a->count && i < b->count; i++) {
        CHECK(same_fact(a, &a->items[i], b, &b->items[i]));
        enum observation_kind kind = a->items[i].kind;
        const struct fact *x = facts_find(a, kind), *y = facts_find(b, kind);
        CHECK(x != NULL && y != NULL && x - a->items == y - b->items);
    }
}

/* Packs and reads back from an exact-size copy; returns the packed size. */
static size_t round_trip(const struct facts *facts, struct phrases *phrases,
                         struct facts *ret_facts)
{
    size_t size = facts_pack_write(facts, phrases, scratch);
    CHECK(size <= FACTS_PACK_MAX);
    uint8_t *exact = malloc(size);
    memcpy(exact, scratch, size);
    CHECK(facts_pack_read(exact, phrases, ret_facts));
    free(exact);
    check_same(facts, ret_facts);
    return size;
}

static void fill(struct facts *facts, uint64_t packet)
{
    static const char *const ciphers[] = { "TLS_AES_128_GCM_SHA256", "TLS_AES_256_GCM_SHA384",
                                           "TLS_CHACHA20_POLY1305_SHA256" };
    for (unsigned i = 0; i < 3; i++) {
        put(facts, OBS_TLS_OFFER_CIPHER, ciphers[i], 0x1301 + i, packet);
    }
    put(facts, OBS_TLS_VERSION, "TLSv1.3", 0x0304, packet + 1);
    put(facts, OBS_TLS_ESTABLISHED, NULL, 1, packet + 2);
    put(facts, OBS_SERVER_CERT_SUBJECT, "CN=x.example, a name that stands in all flows", 0,
        packet + 1);
    put(facts, OBS_SERVER_CERT_KEY_BITS, NULL, 2048, packet + 1);
    put(facts, OBS_SERVER_CERT_NOT_AFTER, NULL, UINT64_MAX, packet + 1);
}

static void facts_come_back_as_they_were(void)
{
    struct phrases phrases;
    struct facts facts = { 0 }, back = { 0 };
    phrases_init(&phrases, NULL);
    round_trip(&facts, &phrases, &back); /* none at all */
    facts_done(&back);
    fill(&facts, 600); /* packet 3 of the hello has index and sub, and so on */
    put(&facts, OBS_TLS_SNI, "a", 0, 2);
    put(&facts, OBS_TLS_SNI, "a.much.longer.example", 0, 2); /* leaves its old place behind */
    put(&facts, OBS_TLS_SNI, "b", 0, 2);                     /* has more room than it needs */
    round_trip(&facts, &phrases, &back);
    facts_done(&back);
    facts_done(&facts);
    phrases_done(&phrases);
}

static void facts_go_on_as_if_they_had_never_been_packed(void)
{
    struct phrases phrases;
    struct facts facts = { 0 }, back = { 0 };
    phrases_init(&phrases, NULL);
    fill(&facts, 9);
    round_trip(&facts, &phrases, &back);
    for (uint64_t i = 0; i < 5000; i++) { /* up to every cap */
        char name[64];
        snprintf(name, sizeof name, "name-%u-%040u", (unsigned)i, 0U);
        put(&facts, OBS_HTTP_PATH, name, 0, 3 * i);
        put(&back, OBS_HTTP_PATH, name, 0, 3 * i);
        put(&facts, OBS_TLS_SNI, name + i % 40, i, 4);
        put(&back, OBS_TLS_SNI, name + i % 40, i, 4);
    }
    CHECK(facts.dropped > 0);
    check_same(&facts, &back);
    struct facts again = { 0 };
    round_trip(&back, &phrases, &again);
    facts_done(&again);
    facts_done(&back);
    facts_done(&facts);
    phrases_done(&phrases);
}

static void what_flows_have_in_common_takes_few_bytes(void)
{
    struct phrases phrases;
    size_t size[4];
    phrases_init(&phrases, NULL);
    for (uint64_t i = 0; i < 4; i++) {
        struct facts facts = { 0 }, back = { 0 };
        fill(&facts, 100 + 6 * i);
        size[i] = round_trip(&facts, &phrases, &back);
        facts_done(&back);
        facts_done(&facts);
    }
    CHECK(size[0] > 150);
    CHECK(size[3] < 50);
    phrases_done(&phrases);
}

static void the_budget_pays_for_what_is_unpacked(void)
{
    struct phrases phrases;
    struct budget budget = { .left = 10 };
    struct facts facts = { 0 }, back = { .budget = &budget };
    phrases_init(&phrases, NULL);
    fill(&facts, 5);
    round_trip(&facts, &phrases, &back);
    CHECK(budget.left < 0); /* overdrawn: what was packed must be unpacked */
    put(&back, OBS_HTTP_HOST, "no more fits", 0, 1);
    CHECK_EQ(back.dropped, 1);
    facts_done(&back);
    CHECK_EQ(budget.left, 10);
    facts_done(&facts);
    phrases_done(&phrases);
}

int main(void)
{
    facts_come_back_as_they_were();
    facts_go_on_as_if_they_had_never_been_packed();
    what_flows_have_in_common_takes_few_bytes();
    the_budget_pays_for_what_is_unpacked();
    return check_failures == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
