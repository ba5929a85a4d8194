/* tests/unit/test_frame.c: link, IP and transport headers, whole, cut, short and broken. */
#include "tests/unit/frame_case.h"

static const char ethernet[] = "020000000002020000000001";
static const char ipv4_udp[] =
    "450000210001000040110000c0000201c6336402" /* 192.0.2.1 198.51.100.2 */
    "13c413c5000d0000"                         /* 5060 5061 */
    "68656c6c6f";
static const char address_1[] = "20010db8000000000000000000000001";
static const char address_2[] = "20010db8000000000000000000000002";
static const char tcp[] = "9c4001bb0000000100000002501800640000000068656c6c6f"; /* 40000 443 */
static const char udp[] = "13c413c5000d000068656c6c6f";

static void frame_ethernet_udp_without_its_padding(void)
{
    char text[ADDRESS_TEXT_SIZE];
    DECODE(1, ethernet, "0800", ipv4_udp, "00000000000000000000");
    CHECK(is_flow(17, 5060, 5061, 5));
    CHECK((batch.state[0] & FRAME_LOW) != 0);
    CHECK(strcmp(address_text(&batch.key[0].addr[0], text), "192.0.2.1") == 0);
    CHECK(strcmp(address_text(&batch.key[0].addr[1], text), "198.51.100.2") == 0);
    CHECK_EQ(batch.on_wire[0], 14 + 33 + 10);
    CHECK_EQ(counters.value[COUNT_BYTES], 57);
    CHECK_EQ(batch.vlan[0][0], 0);
}

static void frame_tcp_over_ipv6_tells_its_numbers(void)
{
    DECODE(1, ethernet, "86dd", "6000000000190640", address_2, address_1, tcp);
    CHECK(is_flow(6, 443, 40000, 5));
    CHECK_EQ(batch.state[0] & FRAME_LOW, 0); /* the sender is the higher address */
    CHECK_EQ(batch.tcp_seq[0], 1);
    CHECK_EQ(batch.tcp_ack[0], 2);
    CHECK_EQ(batch.tcp_flags[0], TCP_ACK | TCP_PSH);
}

static void frame_key_has_the_lower_port_first_on_equal_addresses(void)
{
    DECODE(101, "6000000000190640", address_1, address_1, tcp);
    CHECK(is_flow(6, 443, 40000, 5));
    CHECK_EQ(batch.state[0] & FRAME_LOW, 0);
}

static void frame_vlan_tags_nest(void)
{
    DECODE(1, ethernet, "88a80064", "8100000c", "0800", ipv4_udp);
    CHECK(is_flow(17, 5060, 5061, 5));
    CHECK_EQ(batch.vlan[0][0], 100);
    CHECK_EQ(batch.vlan[0][1], 12);
    DECODE(1, ethernet, "91000001", "81000000", "81000002", "81000003", "0800", ipv4_udp);
    CHECK(is_flow(17, 5060, 5061, 5));
    CHECK_EQ(batch.vlan[0][0], 1);
    CHECK_EQ(batch.vlan[0][1], 2);
}

static void frame_more_headers_than_are_followed_are_counted(void)
{
    struct made m = { .size = 0 };
    put(&m, ethernet);
    for (unsigned i = 0; i < 30; i++) {
        put(&m, "81000001");
    }
    put(&m, "0800");
    put(&m, ipv4_udp);
    decode(&m, 1);
    CHECK(is_counted(COUNT_TOO_DEEP));
}

static void frame_every_link_type_leads_to_its_flow(void)
{
    DECODE(0, "02000000", ipv4_udp);
    CHECK(is_flow(17, 5060, 5061, 5));
    DECODE(0, "00000002", ipv4_udp);
    CHECK(is_flow(17, 5060, 5061, 5));
    DECODE(108, "0000001c", "6000000000190640", address_1, address_2, tcp);
    CHECK(is_flow(6, 40000, 443, 5));
    DECODE(12, ipv4_udp);
    CHECK(is_flow(17, 5060, 5061, 5));
    DECODE(14, "6000000000190640", address_1, address_2, tcp);
    CHECK(is_flow(6, 40000, 443, 5));
    DECODE(228, ipv4_udp);
    CHECK(is_flow(17, 5060, 5061, 5));
    DECODE(229, "6000000000190640", address_1, address_2, tcp);
    CHECK(is_flow(6, 40000, 443, 5));
    DECODE(113, "0000000100060200000000010000", "0800", ipv4_udp);
    CHECK(is_flow(17, 5060, 5061, 5));
    DECODE(113, "0000000100060200000000010000", "8100", "00640800", ipv4_udp);
    CHECK(is_flow(17, 5060, 5061, 5));
    CHECK_EQ(batch.vlan[0][0], 100);
    DECODE(276, "0800000000000002000100060200000000010000", ipv4_udp);
    CHECK(is_flow(17, 5060, 5061, 5));
    DECODE(9, "ff030021", ipv4_udp);
    CHECK(is_flow(17, 5060, 5061, 5));
    DECODE(9, "21", ipv4_udp);
    CHECK(is_flow(17, 5060, 5061, 5));
    DECODE(9, "0057", "6000000000190640", address_1, address_2, tcp);
    CHECK(is_flow(6, 40000, 443, 5));
}

static void frame_what_is_no_ip_is_counted(void)
{
    DECODE(1, ethernet, "0806", "0001");
    CHECK(is_counted(COUNT_NOT_IP));
    DECODE(1, ethernet, "0026", "424203"); /* IEEE 802.3 length */
    CHECK(is_counted(COUNT_NOT_IP));
    DECODE(0, "07000000");
    CHECK(is_counted(COUNT_NOT_IP));
    DECODE(9, "c021");
    CHECK(is_counted(COUNT_NOT_IP));
    DECODE(101, "00");
    CHECK(is_counted(COUNT_NOT_IP));
    DECODE(220, ipv4_udp);
    CHECK(is_counted(COUNT_LINK_UNKNOWN));
}

static void frame_ipv4_options_and_lengths(void)
{
    DECODE(228, "460000250001000040110000c0000201c6336402", "01010101", udp);
    CHECK(is_flow(17, 5060, 5061, 5));
    DECODE(228, "450000000001000040110000c0000201c6336402", udp); /* segmentation offload */
    CHECK(is_flow(17, 5060, 5061, 5));
    DECODE(228, "440000210001000040110000c0000201c6336402", udp);
    CHECK(is_counted(COUNT_IP_MALFORMED));
    DECODE(228, "450000130001000040110000c0000201c6336402", udp);
    CHECK(is_counted(COUNT_IP_MALFORMED));
    DECODE(228, "650000210001000040110000c0000201c6336402", udp);
    CHECK(is_counted(COUNT_IP_MALFORMED));
    DECODE(229, ipv4_udp, "0000000000000000");
    CHECK(is_counted(COUNT_IP_MALFORMED));
}

static void frame_shorter_than_its_ip_length_counts_as_cut(void)
{
    DECODE(228, "450003e80001000040060000c0000201c6336402", tcp);
    CHECK(is_flow(6, 40000, 443, 1000 - 40));
    CHECK_EQ(bytes_left(&batch.payload[0]), 5);
    CHECK_EQ(counters.value[COUNT_CUT], 1);
    DECODE(228, "450003fc0001000040040000c0000201c6336402",
           "450003e80001000040060000c0000201c6336402", tcp);
    CHECK(is_flow(6, 40000, 443, 1000 - 40));
    CHECK_EQ(counters.value[COUNT_CUT], 1); /* once, though both IP headers ask for more */
}

static void frame_ipv6_extension_headers_are_stepped_over(void)
{
    DECODE(229, "6000000000250040", address_1, address_2, "2b00010000000000", "3c00000000000000",
           "1100000000000000", udp);
    CHECK(is_flow(17, 5060, 5061, 5));
    DECODE(229, "60000000001d3340", address_1, address_2, "1102000000000001", "0000000100000000",
           udp);
    CHECK(is_flow(17, 5060, 5061, 5));
    DECODE(229, "6000000000101140", address_1, address_2, "13c413c500080000", "0000000000000000");
    CHECK(is_flow(17, 5060, 5061, 0)); /* UDP length below IP payload */
    DECODE(229, "6000000000153c40", address_1, address_2, "11ff000000000000", udp);
    CHECK(is_counted(COUNT_IP_MALFORMED));
    DECODE(229, "6000000000001140", address_1, address_2, "13c413c500000000", "0102");
    CHECK(is_flow(17, 5060, 5061, 2)); /* jumbogram lengths */
}

static void frame_ipv6_extension_headers_have_a_cap(void)
{
    struct made m = { .size = 0 };
    put(&m, "6000000000553c40");
    put(&m, address_1);
    put(&m, address_2);
    for (unsigned i = 0; i < 8; i++) {
        put(&m, "3c00000000000000");
    }
    put(&m, "1100000000000000");
    put(&m, udp);
    decode(&m, 229);
    CHECK(is_counted(COUNT_TOO_DEEP));
}

static void frame_fragments_become_one_payload(void)
{
    DECODE(228, "450000240007200040110000c0000201c6336402", "13c413c500150000", "0102030405060708");
    CHECK_EQ(batch.state[0], 0);
    CHECK_EQ(counters.value[COUNT_FRAGMENTS], 1);
    DECODE(228, "450000190007000240110000c0000201c6336402", "090a0b0c0d");
    CHECK(is_flow(17, 5060, 5061, 13));
    CHECK((batch.state[0] & FRAME_FRAGMENT) != 0);
    CHECK_EQ(bytes_peek(&batch.payload[0], 12), 13);
    DECODE(229, "6000000000182c40", address_1, address_2, "1100000100000009", "13c413c5000d0000",
           "68656c6c6f000000");
    CHECK_EQ(batch.state[0], 0);
    DECODE(229, "60000000000d2c40", address_1, address_2, "1100001000000009", "6868686868");
    CHECK(is_flow(17, 5060, 5061, 5));
    DECODE(229, "6000000000152c40", address_1, address_2, "1100000000000009", udp);
    CHECK(is_flow(17, 5060, 5061, 5)); /* atomic fragment */
    CHECK_EQ(batch.state[0] & FRAME_FRAGMENT, 0);
}

static void frame_tunnels_of_ip_lead_to_the_inner_flow(void)
{
    DECODE(228, "450000350001000040040000c0000205c6336406", ipv4_udp);
    CHECK(is_flow(17, 5060, 5061, 5));
    CHECK_EQ(batch.key[0].addr[0].byte[15], 1);
    DECODE(228, "450000550001000040290000c0000205c6336406", "6000000000190640", address_1,
           address_2, tcp);
    CHECK(is_flow(6, 40000, 443, 5));
    DECODE(228, "4500003d00010000402f0000c0000205c6336406", "2000080000000001", ipv4_udp);
    CHECK(is_flow(17, 5060, 5061, 5));
    DECODE(228, "4500004700010000402f0000c0000205c6336406", "00006558", ethernet, "0800", ipv4_udp);
    CHECK(is_flow(17, 5060, 5061, 5));
}

static void frame_protocols_without_ports_are_flows_of_their_own(void)
{
    DECODE(228, "450000200001000040010000c0000201c6336402", "0800000000010001", "01020304");
    CHECK(is_flow(1, 0, 0, 12));
    CHECK_EQ(counters.value[COUNT_L4_OTHER], 1);
    DECODE(228, "4500002000010000402f0000c0000205c6336406", "3001880b", "0000000000000000");
    CHECK(is_flow(47, 0, 0, 12)); /* GRE version 1 */
    DECODE(228, "450000240001000040330000c0000205c6336406", "3202000000000001", "0000000100000000");
    CHECK(is_flow(51, 0, 0, 16)); /* AH around ESP stays AH's */
}

static void frame_transport_lengths_that_are_wrong(void)
{
    DECODE(228, "450000210001000040110000c0000201c6336402", "13c413c500070000", "68656c6c6f");
    CHECK(is_headless(17, 5060, 5061, COUNT_L4_MALFORMED));
    DECODE(228, "450000210001000040110000c0000201c6336402", "13c413c5000e0000", "68656c6c6f");
    CHECK(is_headless(17, 5060, 5061, COUNT_L4_MALFORMED));
    DECODE(228, "450000280001000040060000c0000201c6336402", "9c4001bb0000000100000002",
           "4018006400000000");
    CHECK(is_headless(6, 40000, 443, COUNT_L4_MALFORMED));
    CHECK_EQ(batch.tcp_flags[0], 0); /* nobody would believe it */
    DECODE(228, "450000280001000040060000c0000201c6336402", "9c4001bb0000000100000002",
           "6018006400000000");
    CHECK(is_headless(6, 40000, 443, COUNT_L4_MALFORMED));
    DECODE(228, "450000160001000040060000c0000201c6336402", "9c40");
    CHECK(is_counted(COUNT_L4_MALFORMED));
}

/* The two whole frames that the last three tests damage. */
static struct made sample(bool is_tcp)
{
    struct made m = { .size = 0 };
    put(&m, ethernet);
    put(&m, is_tcp ? "86dd6000000000190640" : "0800");
    if (is_tcp) {
        put(&m, address_1);
        put(&m, address_2);
    }
    put(&m, is_tcp ? tcp : ipv4_udp);
    return m;
}

static void frame_every_short_one_is_counted_or_knows_that_it_lacks_bytes(void)
{
    for (int is_tcp = 0; is_tcp < 2; is_tcp++) {
        struct made m = sample(is_tcp);
        uint32_t ip = 14 + (is_tcp ? 40 : 20), l4 = ip + (is_tcp ? 20 : 8);
        for (uint32_t n = 0; n < m.size; n++) {
            decode_parts(&m, 1, n, n);
            enum capture_counter why = n < 14   ? COUNT_LINK_SHORT
                                       : n < ip ? COUNT_IP_MALFORMED
                                                : COUNT_L4_CUT;
            bool headless = n >= ip + 4 && n < l4;
            uint8_t protocol = is_tcp ? 6 : 17;
            uint16_t low = is_tcp ? 40000 : 5060, high = is_tcp ? 443 : 5061;
            CHECK(headless || n >= l4 || is_counted(why));
            CHECK(!headless || is_headless(protocol, low, high, COUNT_L4_CUT));
            CHECK(n < l4 || is_flow(protocol, low, high, 5));
            CHECK(n < l4 || batch.payload[0].cut == m.size - n);
        }
    }
}

static void frame_snap_length_hides_only_what_was_needed(void)
{
    for (int is_tcp = 0; is_tcp < 2; is_tcp++) {
        struct made m = sample(is_tcp);
        uint32_t ip = 14 + (is_tcp ? 40 : 20), l4 = ip + (is_tcp ? 20 : 8);
        for (uint32_t n = 0; n < m.size; n++) {
            decode_parts(&m, 1, n, m.size);
            CHECK_EQ(counters.value[COUNT_CUT], 1);
            CHECK_EQ((batch.state[0] & FRAME_FLOW) != 0, n >= ip + 4);
            CHECK_EQ((batch.state[0] & FRAME_HEADLESS) != 0, n >= ip + 4 && n < l4);
            CHECK_EQ(counters.value[COUNT_IP_CUT], n < ip);
            CHECK_EQ(counters.value[COUNT_L4_CUT], n >= ip && n < l4);
            CHECK(n < l4 || batch.payload[0].cut == m.size - n);
        }
    }
}

static void frame_cut_tcp_header_still_tells_its_numbers(void)
{
    struct made m = sample(true);
    decode_parts(&m, 1, 54 + 14, m.size);
    CHECK(is_headless(6, 40000, 443, COUNT_L4_CUT));
    CHECK_EQ(batch.tcp_seq[0], 1);
    CHECK_EQ(batch.tcp_flags[0], TCP_ACK | TCP_PSH);
    CHECK_EQ(batch.payload[0].cut, 5);
    decode_parts(&m, 1, 54 + 13, m.size);
    CHECK_EQ(batch.tcp_seq[0] + batch.tcp_flags[0] + batch.payload[0].cut, 0);
}

static void frame_sctp_has_ports(void)
{
    DECODE(228, "450000240001000040840000c0000201c6336402", "0b590b5a0000000100000000", "00030004");
    CHECK(is_flow(132, 2905, 2906, 4));
    CHECK_EQ(counters.value[COUNT_L4_OTHER], 0);
    DECODE(228, "450000180001000040840000c0000201c6336402", "0b590b5a");
    CHECK(is_counted(COUNT_L4_MALFORMED));
}

static void frame_every_flipped_byte_stays_in_bounds(void)
{
    for (int is_tcp = 0; is_tcp < 2; is_tcp++) {
        struct made m = sample(is_tcp);
        for (uint32_t i = 0; i < m.size; i++) {
            uint8_t was = m.at[i];
            for (unsigned value = 0; value < 256; value++) {
                m.at[i] = (uint8_t)value;
                decode_parts(&m, 1, m.size, m.size);
                bool is_known = (batch.state[0] & FRAME_FLOW) != 0;
                CHECK(!is_known || bytes_left(&batch.payload[0]) <= m.size);
            }
            m.at[i] = was;
        }
    }
}

int main(void)
{
    frame_case_open();
    frame_ethernet_udp_without_its_padding();
    frame_tcp_over_ipv6_tells_its_numbers();
    frame_key_has_the_lower_port_first_on_equal_addresses();
    frame_vlan_tags_nest();
    frame_more_headers_than_are_followed_are_counted();
    frame_every_link_type_leads_to_its_flow();
    frame_what_is_no_ip_is_counted();
    frame_ipv4_options_and_lengths();
    frame_shorter_than_its_ip_length_counts_as_cut();
    frame_ipv6_extension_headers_are_stepped_over();
    frame_ipv6_extension_headers_have_a_cap();
    frame_fragments_become_one_payload();
    frame_tunnels_of_ip_lead_to_the_inner_flow();
    frame_protocols_without_ports_are_flows_of_their_own();
    frame_transport_lengths_that_are_wrong();
    frame_every_short_one_is_counted_or_knows_that_it_lacks_bytes();
    frame_snap_length_hides_only_what_was_needed();
    frame_cut_tcp_header_still_tells_its_numbers();
    frame_sctp_has_ports();
    frame_every_flipped_byte_stays_in_bounds();
    frame_case_close();
    return check_failures == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
