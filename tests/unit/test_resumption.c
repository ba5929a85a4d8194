/* tests/unit/test_resumption.c: resumed sessions led back to the handshakes that made them. */
#include "analyzers/joins/resumption.h"

#include <string.h>

#include "analyzers/crypto/certificates.h"
#include "analyzers/tls_session.h"
#include "tests/check.h"

static const struct hash_seed seed = { { 5, 6 } };

enum {
    MAX = 4,
    DROPPED = 8,
    MANY = MAX + DROPPED,
    CLIENT = 1,
    OTHER_CLIENT = 2,
    SERVER = 9,
    OTHER_SERVER = 8,
    PORT = 5061
};

struct play {
    struct resumption *r;
    struct certificates *certificates;
    uint64_t packet;
};

/* A handshake as the TLS analyzer tells it. */
struct hello {
    uint64_t flow;
    const char *version, *sni;
    uint64_t offered_id, offered_ticket, issued_id, issued_ticket; /* digests, 0 = none */
    const char *state, *reason;
    uint8_t client, server; /* hosts; 0 = CLIENT, SERVER */
    bool resumed, external;
};

static struct play start(void)
{
    struct play p = { 0 };
    if (resumption_new(MAX, seed, &p.r) != OV_OK || certificates_new(4, &p.certificates) != OV_OK) {
        abort();
    }
    return p;
}

static void finish(struct play *p)
{
    resumption_free(p->r);
    certificates_free(p->certificates);
}

static struct flow_end end_of(uint8_t host, uint16_t port)
{
    const uint8_t four[4] = { 10, 0, 0, host };
    return (struct flow_end){ address_of_ipv4(four), port };
}

static void tell(struct play *p, const struct hello *h, struct observation obs)
{
    struct flow_end ends[2] = { end_of(h->client != 0 ? h->client : CLIENT, 40000),
                                end_of(h->server != 0 ? h->server : SERVER, PORT) };
    obs.packet = ++p->packet;
    obs.time_us = p->packet * 1000;
    obs.text_size = obs.text != NULL ? (uint32_t)strlen(obs.text) : 0;
    resumption_observe(p->r, h->flow, ends, &obs);
}

static void tell_name(struct play *p, const struct hello *h, enum observation_kind kind,
                      uint16_t index, uint64_t value)
{
    if (value != 0 || index == TLS_SESSION_HELLO) {
        tell(p, h, (struct observation){ .kind = kind, .index = index, .value = value });
    }
}

static void tell_text(struct play *p, const struct hello *h, enum observation_kind kind,
                      const char *text)
{
    if (text != NULL) {
        tell(p, h, (struct observation){ .kind = kind, .text = text });
    }
}

static void play(struct play *p, const struct hello *h)
{
    tell_name(p, h, OBS_TLS_SESSION_OFFERED, TLS_SESSION_HELLO, 0);
    tell_name(p, h, OBS_TLS_SESSION_OFFERED, TLS_SESSION_ID, h->offered_id);
    tell_name(p, h, OBS_TLS_SESSION_OFFERED, TLS_SESSION_TICKET, h->offered_ticket);
    tell_name(p, h, OBS_TLS_SESSION_OFFERED, TLS_SESSION_EXTERNAL, h->external);
    tell_text(p, h, OBS_TLS_SNI, h->sni);
    tell_text(p, h, OBS_TLS_VERSION, h->version);
    tell_name(p, h, OBS_TLS_SESSION_ISSUED, TLS_SESSION_ID, h->issued_id);
    tell_name(p, h, OBS_TLS_SESSION_ISSUED, TLS_SESSION_TICKET, h->issued_ticket);
    tell(p, h, (struct observation){ .kind = OBS_TLS_RESUMED, .value = h->resumed });
    tell_text(p, h, OBS_TLS_MTLS_STATE, h->resumed ? "unknown" : h->state);
    tell_text(p, h, OBS_TLS_MTLS_REASON, h->resumed ? "resumed" : h->reason);
}

/* Does the flow end with this word, inherited from that flow (0 = from none)? */
static bool ends(const struct play *p, uint64_t flow, const char *state, uint64_t parent)
{
    struct facts facts = { 0 };
    struct flow_record record = { .id = flow, .facts = &facts };
    const struct observation resumed = { .kind = OBS_TLS_RESUMED, .value = 1, .packet = 77 };
    facts_put(&facts, &resumed);
    resumption_conclude(p->r, p->certificates, &record);
    char id[24] = "";
    if (parent != 0) {
        snprintf(id, sizeof id, "f:%016llx", (unsigned long long)parent);
    }
    const struct fact *from = facts_find(&facts, OBS_TLS_MTLS_PARENT);
    bool good = strcmp(facts_text(&facts, facts_find(&facts, OBS_TLS_MTLS_STATE)), state) == 0 &&
                strcmp(facts_text(&facts, from), id) == 0 && (from == NULL || from->packet == 77);
    facts_done(&facts);
    return good;
}

static const struct hello full12 = { .flow = 1,
                                     .version = "TLSv1.2",
                                     .issued_id = 11,
                                     .issued_ticket = 12,
                                     .state = "proven",
                                     .reason = "certificate-verify" };
static const struct hello full13 = {
    .flow = 1, .version = "TLSv1.3", .sni = "edge01", .state = "inferred", .reason = "record-sizes"
};

static struct hello again12(uint64_t flow, uint64_t id, uint64_t ticket)
{
    return (struct hello){ .flow = flow,
                           .version = "TLSv1.2",
                           .offered_id = id,
                           .offered_ticket = ticket,
                           .issued_id = id, /* echoed */
                           .resumed = true };
}

static void the_same_name_leads_back_to_the_handshake(void)
{
    struct play p = start();
    struct hello by_id = again12(2, 11, 0), by_ticket = again12(3, 99, 12);
    play(&p, &full12);
    play(&p, &by_id);
    play(&p, &by_ticket);
    CHECK(ends(&p, 1, "", 0));
    CHECK(ends(&p, 2, "proven", 1));
    CHECK(ends(&p, 3, "proven", 1));
    finish(&p);
}

static void a_renewed_ticket_leads_back_to_the_first_handshake(void)
{
    struct play p = start();
    struct hello second = again12(2, 0, 12), third = again12(3, 0, 22);
    second.issued_ticket = 22;
    play(&p, &full12);
    play(&p, &second);
    play(&p, &third);
    CHECK(ends(&p, 3, "proven", 1));
    finish(&p);
}

static void who_is_not_found_inherits_nothing(void)
{
    struct play p = start();
    struct hello orphan = again12(2, 13, 14), elsewhere = again12(3, 11, 0);
    elsewhere.server = OTHER_SERVER;
    play(&p, &full12);
    play(&p, &orphan);
    play(&p, &elsewhere);
    CHECK(ends(&p, 2, "", 0));
    CHECK(ends(&p, 3, "", 0));
    CHECK(ends(&p, 4, "", 0)); /* never seen */
    finish(&p);
}

static void two_names_of_different_handshakes_are_no_evidence(void)
{
    struct play p = start();
    struct hello other = full12, mixed = again12(3, 31, 12);
    other.flow = 2;
    other.issued_id = 31;
    other.issued_ticket = 32;
    play(&p, &full12);
    play(&p, &other);
    play(&p, &mixed);
    CHECK(ends(&p, 3, "", 0));
    finish(&p);
}

static struct hello again13(uint64_t flow)
{
    return (struct hello){ .flow = flow, .version = "TLSv1.3", .sni = "edge01", .resumed = true };
}

static void tls13_inherits_by_hosts_and_name(void)
{
    struct play p = start();
    struct hello child = again13(2), name = again13(3), host = again13(4), key = again13(2);
    name.sni = "edge02";
    host.client = OTHER_CLIENT;
    play(&p, &full13);
    play(&p, &child);
    play(&p, &name);
    play(&p, &host);
    CHECK(ends(&p, 2, "inferred", 1));
    CHECK(ends(&p, 3, "", 0));
    CHECK(ends(&p, 4, "", 0));
    resumption_restart(p.r);
    CHECK(ends(&p, 2, "", 0));
    key.external = true; /* no ticket brought it */
    play(&p, &full13);
    play(&p, &key);
    CHECK(ends(&p, 2, "", 0));
    finish(&p);
}

static void tls13_handshakes_that_differ_leave_it_unknown(void)
{
    struct play p = start();
    struct hello other = full13, hidden = full13, child = again13(3);
    other.flow = hidden.flow = 2;
    other.state = "disproven";
    other.reason = "not-requested";
    hidden.state = "unknown";
    hidden.reason = "missing-bytes";
    play(&p, &full13);
    play(&p, &other);
    play(&p, &child);
    CHECK(ends(&p, 3, "", 0));
    resumption_restart(p.r);
    play(&p, &full13);
    play(&p, &hidden);
    play(&p, &child);
    CHECK(ends(&p, 3, "", 0));
    finish(&p);
}

static void the_oldest_handshake_goes_first_and_is_counted(void)
{
    struct play p = start();
    struct hello h = full12;
    for (uint64_t flow = 1; flow <= MANY; flow++) {
        h.flow = flow;
        h.issued_id = 100 + flow;
        h.issued_ticket = 200 + flow;
        play(&p, &h);
    }
    CHECK_EQ(resumption_dropped(p.r), DROPPED);
    struct hello lost = again12(50, 101, 0), kept = again12(51, 100 + MANY, 0);
    play(&p, &lost);
    play(&p, &kept);
    CHECK(ends(&p, 50, "", 0));
    CHECK(ends(&p, 51, "proven", MANY));
    finish(&p);
}

static void more_names_than_the_cap_change_nothing(void)
{
    struct play p = start();
    play(&p, &full12);
    for (uint64_t i = 0; i < 100; i++) {
        tell_name(&p, &full12, OBS_TLS_SESSION_ISSUED, TLS_SESSION_TICKET, 1000 + i);
    }
    struct hello early = again12(2, 0, 12), late = again12(3, 0, 1099);
    play(&p, &early);
    play(&p, &late);
    CHECK(ends(&p, 2, "proven", 1));
    CHECK(ends(&p, 3, "", 0));
    finish(&p);
}

int main(void)
{
    the_same_name_leads_back_to_the_handshake();
    a_renewed_ticket_leads_back_to_the_first_handshake();
    who_is_not_found_inherits_nothing();
    two_names_of_different_handshakes_are_no_evidence();
    tls13_inherits_by_hosts_and_name();
    tls13_handshakes_that_differ_leave_it_unknown();
    the_oldest_handshake_goes_first_and_is_counted();
    more_names_than_the_cap_change_nothing();
    return check_failures > 0;
}
