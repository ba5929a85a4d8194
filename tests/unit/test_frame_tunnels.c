/* tests/unit/test_frame_tunnels.c: links and tunnels around one datagram, whole, cut and flipped,
 * and what only looks like a tunnel. */
#include "base/text.h"
#include "tests/unit/frame_case.h"
#include "tests/unit/frame_vectors.h"

enum { VECTORS = sizeof frame_vectors / sizeof frame_vectors[0] };

static const char datagram[] = "450000210001000040110000c0000201c633640213c413c5000d000068656c6c6f";
static const char ethernet[] = "020000000002020000000001";

static struct made made_of(const struct frame_vector *v)
{
    struct made m = { .size = 0 };
    put(&m, v->hex);
    return m;
}

/* The tunnels of the packet decoded last, joined by spaces. */
static const char *tunnel_names(void)
{
    static char names[TUNNEL_HOPS * TUNNEL_TEXT_SIZE];
    const struct tunnel_path *path = tunnels_path(tunnels, batch.tunnel[0]);
    struct text all = text_into(names, sizeof names);
    for (uint32_t hop = 0; path != NULL && hop < path->count; hop++) {
        char text[TUNNEL_TEXT_SIZE];
        text_printf(&all, "%s%s", hop > 0 ? " " : "", tunnel_text(path, hop, text));
    }
    return names;
}

static bool is_inner(void)
{
    return (batch.state[0] & FRAME_FLOW) != 0 && batch.key[0].l4 == 17 &&
           batch.key[0].port[0] + batch.key[0].port[1] == 5060 + 5061;
}

static void tunnel_each_leads_to_the_datagram_inside(void)
{
    for (unsigned i = 0; i < VECTORS; i++) {
        const struct frame_vector *v = &frame_vectors[i];
        struct made m = made_of(v);
        decode(&m, v->link_type);
        bool ok = is_inner() && bytes_sent(&batch.payload[0]) == 5 &&
                  strcmp(tunnel_names(), v->tunnel) == 0 && batch.vlan[0][0] == v->vlan &&
                  counters.value[COUNT_TUNNEL_UNREAD] == 0;
        if (!ok) {
            fprintf(stderr, "vector %u: link type %u, tunnel \"%s\", got \"%s\"\n", i, v->link_type,
                    v->tunnel, tunnel_names());
        }
        CHECK(ok);
    }
}

/* One cause or one flow for each packet; what a cut hides is never taken for wrong. */
static void tunnel_snap_length_hides_only_what_was_needed(void)
{
    for (unsigned i = 0; i < VECTORS; i++) {
        const struct frame_vector *v = &frame_vectors[i];
        struct made m = made_of(v);
        for (uint32_t n = 0; n < m.size; n++) {
            decode_parts(&m, v->link_type, n, m.size);
            CHECK_EQ(counters.value[COUNT_IP_MALFORMED] + counters.value[COUNT_L4_MALFORMED], 0);
            CHECK_EQ(counters.value[COUNT_LINK_SHORT], 0);
            bool flow = (batch.state[0] & FRAME_FLOW) != 0;
            uint64_t causes = counters.value[COUNT_IP_CUT] + counters.value[COUNT_NOT_IP];
            CHECK_EQ(flow + causes + (flow ? 0 : counters.value[COUNT_L4_CUT]), 1);
        }
    }
}

static void tunnel_every_short_frame_and_flipped_byte_stays_in_bounds(void)
{
    for (unsigned i = 0; i < VECTORS; i++) {
        const struct frame_vector *v = &frame_vectors[i];
        struct made m = made_of(v);
        for (uint32_t n = 0; n < m.size; n++) {
            decode_parts(&m, v->link_type, n, n);
            CHECK(bytes_left(&batch.payload[0]) <= m.size || batch.state[0] == 0);
        }
        for (uint32_t at = 0; at < m.size; at++) {
            uint8_t was = m.at[at];
            for (unsigned bit = 0; bit < 16; bit++) { /* each bit, and some numbers */
                m.at[at] = (uint8_t)(bit < 8 ? was ^ 1U << bit : bit * 17);
                decode(&m, v->link_type);
                CHECK(batch.state[0] == 0 || bytes_left(&batch.payload[0]) <= m.size);
            }
            m.at[at] = was;
        }
    }
}

static void tunnel_port_alone_is_no_tunnel(void)
{
    /* RTP, PCMU: what a phone that chose such a port sends */
    static const char rtp[] = "80000001000000a012345678d5d5d5d5d5d5d5d5d5d5d5d5d5d5d5d5d5d5d5d5";
    static const char *const ports[] = { "06a5", "0868", "0dd8", "1292", "12b5", "12b6",
                                         "13d0", "147f", "17c1", "19eb", "2118" };
    for (unsigned i = 0; i < sizeof ports / sizeof ports[0]; i++) {
        DECODE(228, "4500003c0001000040110000c0000201c6336402", "7530", ports[i], "00280000", rtp);
        CHECK(is_flow(17, 30000, batch.key[0].port[1], 32));
        DECODE(228, "4500003c0001000040110000c0000201c6336402", ports[i], "7530", "00280000", rtp);
        CHECK(is_flow(17, batch.key[0].port[0], 30000, 32));
        CHECK_EQ(batch.tunnel[0], 0);
    }
}

static void tunnel_whose_inside_is_wrong_stays_with_the_outer_flow(void)
{
    /* VXLAN around ARP */
    DECODE(228, "4500004e0001000040110000c0000205c6336406", "c00012b5003a0000", "0800000000000700",
           ethernet, "0806", "00010800060400010200000000010a000001000000000000", "0a000002");
    CHECK(is_flow(17, 49152, 4789, 50));
    CHECK_EQ(counters.value[COUNT_TUNNEL_UNREAD], 1);
    CHECK_EQ(counters.value[COUNT_NOT_IP], 0);
    CHECK_EQ(batch.tunnel[0], 0);
    /* VXLAN around a VLAN tag and an IP packet that is longer than the datagram */
    DECODE(228, "450000570001000040110000c0000205c6336406", "c00012b500430000", "0800000000000700",
           ethernet, "8100", "00050800", "450000610001000040110000c0000201c6336402",
           "13c413c5000d000068656c6c6f");
    CHECK(is_flow(17, 49152, 4789, 59));
    CHECK_EQ(batch.vlan[0][0], 0); /* a tag of the inside that was no inside */
    /* GRE around what is no IP is a flow of GRE */
    DECODE(228, "4500003a00010000402f0000c0000205c6336406", "00006558", ethernet, "0806",
           "0001080006040001", "02000000");
    CHECK(is_flow(47, 0, 0, 38));
    CHECK_EQ(counters.value[COUNT_TUNNEL_UNREAD], 1);
    /* PPTP with MPPE */
    DECODE(228, "4500002c00010000402f0000c0000205c6336406", "3001880b00080006", "00000001",
           "ff0300fd90001234");
    CHECK(is_flow(47, 0, 0, 24) || is_flow(47, 0, 0, 20));
    CHECK_EQ(counters.value[COUNT_TUNNEL_UNREAD], 1);
}

static void tunnel_control_messages_are_flows_of_their_own(void)
{
    DECODE(228, "450000280001000040110000c0000205c6336406", "06a506a500140000",
           "c802000c0002000000010001"); /* L2TP */
    CHECK(is_flow(17, 1701, 1701, 12));
    CHECK_EQ(counters.value[COUNT_TUNNEL_UNREAD], 0);
    DECODE(228, "450000280001000040110000c0000205c6336406", "0868086800140000",
           "320100040000000000010000"); /* GTP echo request */
    CHECK(is_flow(17, 2152, 2152, 12));
}

static void link_that_hides_or_splits_its_packets_is_counted(void)
{
    static const char wlan[] = "0200000000020200000000010000000000000000";
    DECODE(105, "08410000", wlan, "0011223344556677"); /* protected */
    CHECK(is_counted(COUNT_LINK_ENCRYPTED));
    DECODE(105, "08050000", wlan, "aaaa030000000800", datagram); /* more fragments */
    CHECK(is_counted(COUNT_LINK_OTHER));
    DECODE(105, "80000000", wlan, "00"); /* beacon */
    CHECK(is_counted(COUNT_NOT_IP));
    DECODE(105, "48010000", wlan); /* no data */
    CHECK(is_counted(COUNT_NOT_IP));
    DECODE(1, ethernet, "88e5", "2c00000000010011223344550001", "0102030405"); /* MACsec, E and C */
    CHECK(is_counted(COUNT_LINK_ENCRYPTED));
    DECODE(1, ethernet, "88e5", "0400000000010011", "0102030405");
    CHECK(is_counted(COUNT_LINK_OTHER));
    DECODE(9, "ff0300fd9001");
    CHECK(is_counted(COUNT_LINK_OTHER));
    DECODE(9, "ff030053");
    CHECK(is_counted(COUNT_LINK_ENCRYPTED));
    DECODE(274, "55555555555555e6", ethernet, "0800", datagram);
    CHECK(is_counted(COUNT_LINK_OTHER));
    DECODE(1, ethernet, "8863", "1109000000000000"); /* PPPoE discovery */
    CHECK(is_counted(COUNT_NOT_IP));
}

static void link_frame_of_several_packets_is_counted(void)
{
    DECODE(105, "88020000", "0200000000020200000000010000000000000000", "8000", ethernet, "0029",
           "aaaa030000000800", datagram, "000000", ethernet, "0029", "aaaa030000000800", datagram);
    CHECK(is_flow(17, 5060, 5061, 5));
    CHECK_EQ(counters.value[COUNT_LINK_AGGREGATED], 1);
}

static void tunnel_nesting_and_labels_have_a_cap(void)
{
    struct made m = { .size = 0 };
    for (unsigned left = 7; left > 0; left--) { /* 4 in 4 in 4 ... */
        put(&m, "4500");
        m.at[m.size++] = 0;
        m.at[m.size++] = (uint8_t)(33 + left * 20);
        put(&m, "0001000040040000c0000205c6336406");
    }
    put(&m, datagram);
    decode(&m, 228);
    CHECK(is_counted(COUNT_TOO_DEEP));
    struct made labels = { .size = 0 };
    put(&labels, ethernet);
    put(&labels, "8847");
    for (unsigned i = 0; i < 17; i++) {
        put(&labels, i < 16 ? "00064040" : "00064140");
    }
    put(&labels, datagram);
    decode(&labels, 1);
    CHECK(is_counted(COUNT_TOO_DEEP));
    DECODE(192, "00000800c0000000", "00000800c0000000", "0000080001000000"); /* PPI in PPI */
    CHECK(is_counted(COUNT_LINK_UNKNOWN));
}

static struct tunnel_path vni(uint32_t id)
{
    return (struct tunnel_path){ .id = { id }, .kind = { TUNNEL_VXLAN }, .has_id = 1, .count = 1 };
}

static void tunnel_paths_are_numbered_once_and_lose_ids_at_their_cap(void)
{
    struct tunnels *t = NULL;
    char text[TUNNEL_TEXT_SIZE];
    struct tunnel_path none = { .count = 0 };
    memset(&counters, 0, sizeof counters);
    CHECK_EQ(tunnels_new((struct hash_seed){ { 3, 4 } }, &t), OV_OK);
    CHECK_EQ(tunnels_number(t, &none, &counters), 0);
    CHECK(tunnels_path(t, 0) == NULL);
    for (uint32_t i = 0; i < 6000; i++) {
        struct tunnel_path path = vni(i);
        uint16_t number = tunnels_number(t, &path, &counters);
        CHECK(number != 0);
        CHECK_EQ(number, tunnels_number(t, &path, &counters));
        CHECK(tunnels_path(t, number)->kind[0] == TUNNEL_VXLAN);
        CHECK_EQ(tunnels_path(t, number)->has_id, i < 4096);
    }
    CHECK_EQ(counters.value[COUNT_TUNNEL_IDS], 2 * (6000 - 4096));
    struct tunnel_path longest = vni(UINT32_MAX);
    longest.kind[0] = TUNNEL_VXLAN_GPE;
    CHECK(strcmp(tunnel_text(&longest, 0, text), "vxlan-gpe:4294967295") == 0);
    tunnels_free(t);
    tunnels_free(NULL);
}

int main(void)
{
    frame_case_open();
    tunnel_each_leads_to_the_datagram_inside();
    tunnel_snap_length_hides_only_what_was_needed();
    tunnel_every_short_frame_and_flipped_byte_stays_in_bounds();
    tunnel_port_alone_is_no_tunnel();
    tunnel_whose_inside_is_wrong_stays_with_the_outer_flow();
    tunnel_control_messages_are_flows_of_their_own();
    link_that_hides_or_splits_its_packets_is_counted();
    link_frame_of_several_packets_is_counted();
    tunnel_nesting_and_labels_have_a_cap();
    tunnel_paths_are_numbered_once_and_lose_ids_at_their_cap();
    frame_case_close();
    return check_failures == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
