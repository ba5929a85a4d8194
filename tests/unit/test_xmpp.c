/* tests/unit/test_xmpp.c: XMPP streams up to TLS. The exchange is that of RFC 6120 9.1. */
#include "tests/seen.h"

extern const struct analyzer xmpp_analyzer;

enum { C = 0, S = 1 };

static const char open_client[] =
    "<?xml version='1.0'?>\n<stream:stream from='juliet@im.example.com' to='im.example.com' "
    "version='1.0' xml:lang='en' xmlns='jabber:client' "
    "xmlns:stream='http://etherx.jabber.org/streams'>";
static const char open_server[] =
    "<stream:stream from='im.example.com' id='t7AMCin9zjMNwQKDnplntZPIDEI=' version='1.0' "
    "xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams'>";
static const char features[] =
    "<stream:features><starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'><required/></starttls>"
    "</stream:features>";
static const char offers[] = "<stream:features><starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>"
                             "<mechanisms><mechanism>PLAIN</mechanism></mechanisms>"
                             "</stream:features>";
static const char no_offer[] = "<stream:features><mechanisms><mechanism>PLAIN</mechanism>"
                               "</mechanisms></stream:features>";
static const char starttls[] = "<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>";
static const char proceed[] = "<proceed xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>";
static const char failure[] = "<failure xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>";
static const char hello[] = "\x16\x03\x01\x00\x60\x01\x00\x00\x5c\x03\x03"
                            "0123456789abcdef0123456789abcdef\x00........";

static struct seen_flow open_streams(const char *server_says)
{
    struct seen_flow flow = seen_open(&xmpp_analyzer);
    seen_string(&flow, C, open_client);
    seen_string(&flow, S, open_server);
    seen_string(&flow, S, server_says);
    return flow;
}

static void starttls_of_rfc_6120_is_followed_to_the_hello(void)
{
    struct seen_flow flow = open_streams(features);
    seen_string(&flow, C, starttls);
    seen_string(&flow, S, proceed);
    CHECK_EQ(seen[0].obs.kind, OBS_APP);
    CHECK(seen_text(OBS_APP, "xmpp"));
    CHECK_EQ(seen_value(OBS_CLIENT), C);
    CHECK(seen_text(OBS_XMPP_STREAM, "client"));
    CHECK(seen_text(OBS_STARTTLS_OFFER, "required"));
    CHECK_EQ(seen_value(OBS_STARTTLS_ASKED), 1);
    CHECK(seen_text(OBS_STARTTLS_ANSWER, "accepted"));
    seen_bytes(&flow, C, hello, sizeof hello - 1);
    CHECK_EQ(flow.last, FEED_RELEASE);
    CHECK_EQ(flow.kept_size[C], sizeof hello - 1);
    CHECK_EQ(seen_times(OBS_STARTTLS_CLEAR), 0);
    CHECK_EQ(seen_times(OBS_STARTTLS_INJECTED), 0);
    seen_close(&flow);
}

static void bytes_that_come_one_by_one_give_the_same(void)
{
    static const char *const says[] = { open_client, open_server, features, starttls, proceed };
    static const uint8_t from[] = { C, S, S, C, S };
    struct seen_flow flow = seen_open(&xmpp_analyzer);
    for (size_t i = 0; i < 5; i++) {
        for (const char *c = says[i]; *c != '\0'; c++) {
            seen_bytes(&flow, from[i], c, 1);
        }
    }
    CHECK(seen_text(OBS_STARTTLS_OFFER, "required"));
    CHECK(seen_text(OBS_STARTTLS_ANSWER, "accepted"));
    CHECK_EQ(flow.last, FEED_MORE);
    seen_close(&flow);
    flow = open_streams(offers);
    for (const char *c = "<auth mechanism='PLAIN'>AGEAYgBj</auth>"; *c != '\0'; c++) {
        seen_bytes(&flow, C, c, 1);
    }
    CHECK(seen_text(OBS_CREDENTIALS_EXPOSED, "plain"));
    seen_close(&flow);
}

static void the_server_may_be_seen_first_or_alone(void)
{
    struct seen_flow flow = seen_open(&xmpp_analyzer);
    seen_string(&flow, S, open_server);
    seen_string(&flow, S, offers);
    CHECK_EQ(seen_value(OBS_CLIENT), C);
    CHECK(seen_text(OBS_STARTTLS_OFFER, "offered"));
    seen_close(&flow);
}

static void an_offer_that_is_not_used_leaves_the_stream_readable(void)
{
    struct seen_flow flow = open_streams(offers);
    seen_string(&flow, C,
                "<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='PLAIN'>"
                "AGp1bGlldAByMG0zMG15cjBtMzA=</auth>");
    CHECK(seen_text(OBS_STARTTLS_OFFER, "offered"));
    CHECK_EQ(seen_times(OBS_STARTTLS_ASKED), 0);
    CHECK(seen_text(OBS_CREDENTIALS_EXPOSED, "plain"));
    CHECK(!seen_anywhere("AGp1"));
    seen_string(&flow, C, "<message to='romeo@x'><body>tell nobody</body></message>");
    CHECK_EQ(flow.last, FEED_SETTLED);
    CHECK(!seen_anywhere("nobody"));
    seen_close(&flow);
}

static void an_offer_is_absent_from_features_without_it(void)
{
    struct seen_flow flow = open_streams(no_offer);
    CHECK(seen_text(OBS_STARTTLS_OFFER, "no"));
    seen_close(&flow);
    flow = open_streams("<stream:features><mechanisms>");
    CHECK_EQ(seen_times(OBS_STARTTLS_OFFER), 0);
    seen_close(&flow);
}

static void scram_shows_no_password_but_an_initial_plain_response_does(void)
{
    struct seen_flow flow = open_streams(no_offer);
    seen_string(&flow, C, "<auth mechanism='SCRAM-SHA-1'>biws</auth><response>Yz1</response>");
    CHECK_EQ(seen_times(OBS_CREDENTIALS_EXPOSED), 0);
    seen_string(&flow, C, "<auth mechanism=\"PLAIN\"/>");
    CHECK_EQ(seen_times(OBS_CREDENTIALS_EXPOSED), 0);
    seen_string(&flow, C, "<response>AGEAYgBj</response>");
    CHECK(seen_text(OBS_CREDENTIALS_EXPOSED, "plain"));
    seen_close(&flow);
}

static void a_refusal_and_stanzas_after_it_are_told(void)
{
    struct seen_flow flow = open_streams(offers);
    seen_string(&flow, C, starttls);
    seen_string(&flow, S, failure);
    seen_string(&flow, C, "<iq type='get'/><presence/>");
    CHECK(seen_text(OBS_STARTTLS_ANSWER, "refused"));
    CHECK_EQ(seen_value(OBS_STARTTLS_CLEAR), 2);
    seen_close(&flow);
}

static void clear_text_instead_of_tls_is_a_failure(void)
{
    struct seen_flow flow = open_streams(offers);
    seen_string(&flow, C, starttls);
    seen_string(&flow, S, proceed);
    seen_string(&flow, C, "<iq type='get'/>");
    CHECK_EQ(seen_value(OBS_STARTTLS_CLEAR), 1);
    seen_close(&flow);
}

static void what_is_sent_behind_the_request_is_counted(void)
{
    struct seen_flow flow = open_streams(offers);
    char both[256];
    snprintf(both, sizeof both, "%s\n<iq/>", starttls);
    seen_string(&flow, C, both);
    CHECK_EQ(seen_value(OBS_STARTTLS_INJECTED), 5);
    seen_close(&flow);
}

static void dialback_between_servers_is_told(void)
{
    struct seen_flow flow = seen_open(&xmpp_analyzer);
    seen_string(&flow, C,
                "<stream:stream xmlns='jabber:server' xmlns:db='jabber:server:dialback' "
                "xmlns:stream='http://etherx.jabber.org/streams' to='y' from='x'>"
                "<db:result from='x' to='y'>1e701f120f66824b57303384e83b51feba</db:result>");
    CHECK(seen_text(OBS_XMPP_STREAM, "server"));
    CHECK_EQ(seen_value(OBS_XMPP_DIALBACK), 1);
    CHECK(!seen_anywhere("1e701f"));
    seen_close(&flow);
}

static void what_is_deep_inside_is_no_request(void)
{
    struct seen_flow flow = open_streams(offers);
    seen_string(&flow, C, "<iq type='set'><x>");
    seen_string(&flow, C, starttls);
    seen_string(&flow, C, "<auth mechanism='PLAIN'>AGEAYgBj</auth></x></iq>");
    CHECK_EQ(seen_times(OBS_STARTTLS_ASKED), 0);
    CHECK_EQ(seen_times(OBS_CREDENTIALS_EXPOSED), 0);
    seen_close(&flow);
}

static void a_hole_ends_reading_but_tls_is_found(void)
{
    struct seen_flow flow = open_streams(offers);
    seen_gap(&flow, S, 500);
    seen_string(&flow, S, failure);
    CHECK_EQ(seen_times(OBS_STARTTLS_ANSWER), 0);
    seen_bytes(&flow, S, hello, sizeof hello - 1);
    CHECK_EQ(flow.last, FEED_RELEASE);
    seen_close(&flow);
}

static void only_a_stream_is_claimed(void)
{
    static const struct {
        const char *text;
        enum claim claim;
    } cases[] = {
        { open_client, CLAIM_YES },
        { open_server, CLAIM_YES },
        { "\n<stream:st", CLAIM_MORE },
        { "<?xml version='1.0'?>", CLAIM_MORE },
        { "<?x", CLAIM_MORE },
        { "<", CLAIM_MORE },
        { "<html>", CLAIM_NO },
        { "<?xml version='1.0'?><soap:Envelope>", CLAIM_NO },
        { "<stream:stream xmlns='x'>", CLAIM_NO },
        { "<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>", CLAIM_NO },
        { "HTTP/1.1 200 OK\r\n\r\n<stream:stream>", CLAIM_NO },
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        uint32_t size = (uint32_t)strlen(cases[i].text);
        CHECK_EQ(seen_claim(&xmpp_analyzer, cases[i].text, size, true), cases[i].claim);
    }
    for (uint32_t n = 1; n < sizeof open_client - 1; n++) {
        CHECK_EQ(seen_claim(&xmpp_analyzer, open_client, n, true), CLAIM_MORE);
    }
}

static void a_tag_without_end_is_malformed(void)
{
    char tag[5000];
    memset(tag, 'x', sizeof tag);
    tag[0] = '<';
    struct seen_flow flow = open_streams(offers);
    seen_bytes(&flow, C, tag, sizeof tag);
    CHECK_EQ(flow.last, FEED_SETTLED);
    CHECK_EQ(seen_times(OBS_MALFORMED), 1);
    seen_close(&flow);
}

static void any_cut_or_flipped_byte_stays_in_bounds(void)
{
    static const char *const says[] = { open_client, open_server, features, starttls, proceed };
    static const uint8_t from[] = { C, S, S, C, S };
    for (uint32_t at = 0; at < 256; at++) {
        for (unsigned how = 0; how < 3; how++) {
            struct seen_flow flow = seen_open(&xmpp_analyzer);
            for (size_t i = 0; i < 5 && flow.last == FEED_MORE; i++) {
                char text[512];
                uint32_t size = (uint32_t)strlen(says[i]);
                memcpy(text, says[i], size);
                text[at % size] = (char)(text[at % size] ^ (how == 0 ? 0x80 : how == 1 ? 2 : 0));
                seen_bytes(&flow, from[i], text, how == 2 ? at % size : size);
            }
            if (flow.last == FEED_MORE) {
                seen_finish(&flow, S);
            }
            seen_close(&flow);
        }
    }
}

int main(void)
{
    starttls_of_rfc_6120_is_followed_to_the_hello();
    bytes_that_come_one_by_one_give_the_same();
    the_server_may_be_seen_first_or_alone();
    an_offer_that_is_not_used_leaves_the_stream_readable();
    an_offer_is_absent_from_features_without_it();
    scram_shows_no_password_but_an_initial_plain_response_does();
    a_refusal_and_stanzas_after_it_are_told();
    clear_text_instead_of_tls_is_a_failure();
    what_is_sent_behind_the_request_is_counted();
    dialback_between_servers_is_told();
    what_is_deep_inside_is_no_request();
    a_hole_ends_reading_but_tls_is_found();
    only_a_stream_is_claimed();
    a_tag_without_end_is_malformed();
    any_cut_or_flipped_byte_stays_in_bounds();
    return check_failures > 0;
}
