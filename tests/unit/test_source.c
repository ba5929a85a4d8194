/* tests/unit/test_source.c: capture files of both formats, whole and damaged; made here byte by
 * byte, in both byte orders. */
#include "capture/source.h"

#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/check.h"
#include "tests/unit/source_made.h"

static struct batch batch;
static char error[SOURCE_TEXT_SIZE];

static struct source *open_with(const char *filter)
{
    struct source_options options = { .filter = filter };
    struct source *source = NULL;
    enum ov_status status = source_open(path, &options, &source, error);
    if (status != OV_OK) {
        fprintf(stderr, "%s: %s\n", path, error);
        check_failures++;
    }
    return source;
}

static struct source *open_made(struct made *m)
{
    write_file(m, m->size);
    free(m->at);
    return open_with(NULL);
}

static struct source_status status_of(const struct source *source)
{
    struct source_status status;
    source_status(source, &status);
    return status;
}

static void source_reads_pcap_in_each_byte_order_and_clock(void)
{
    for (unsigned i = 0; i < 4; i++) {
        struct made m = { .big = i % 2 != 0 };
        bool nano = i / 2 != 0;
        put_pcap_header(&m, nano ? 0xa1b23c4d : 0xa1b2c3d4, 65535, 0xf0000001); /* with FCS bits */
        put_pcap_record(&m, nano ? 123456789 : 123456, 60, 60);
        put_pcap_record(&m, 0, 20, 1500);
        struct source *source = open_made(&m);
        CHECK(source_read(source, &batch));
        CHECK_EQ(batch.count, 2);
        CHECK_EQ(batch.time_us[0], 1700000000123456);
        CHECK_EQ(batch.link_type[0], 1);
        CHECK_EQ(batch.packet[1], 2);
        CHECK_EQ(bytes_left(&batch.frame[0]), 60);
        CHECK_EQ(bytes_peek(&batch.frame[0], 59), 60);
        CHECK_EQ(bytes_left(&batch.frame[1]), 20);
        CHECK_EQ(bytes_sent(&batch.frame[1]), 1500);
        source_release(&batch);
        CHECK(!source_read(source, &batch));
        CHECK(!status_of(source).damaged);
        CHECK_EQ(status_of(source).read_bytes, status_of(source).total_bytes);
        source_close(source);
    }
}

static void source_reads_all_packet_blocks_of_pcapng(void)
{
    struct made m = { 0 };
    put_section(&m);
    put_block_head(&m, 10, 8); /* decryption secrets: stepped over */
    put(&m, 8, 0);
    put(&m, 4, 20);
    put_interface(&m, 1, 40);
    put_interface(&m, 101, 0);
    put_enhanced(&m, 1, 1700000000123456, 61, 100);
    put_block_head(&m, 3, 44); /* simple packet, cut to the snap length of 40 */
    put(&m, 4, 1500);
    put_fill(&m, 40, 7);
    put(&m, 4, 56);
    put_block_head(&m, 2, 24); /* obsolete packet */
    put(&m, 2, 1);
    put(&m, 2, 0);
    put(&m, 4, 1);
    put(&m, 4, 0);
    put(&m, 4, 4);
    put(&m, 4, 4);
    put(&m, 4, 9);
    put(&m, 4, 36);
    m.big = true; /* another section, another byte order, its own interfaces */
    put_section(&m);
    put_interface(&m, 228, 0);
    put_enhanced(&m, 0, 5, 8, 8);
    struct source *source = open_made(&m);
    CHECK(source_read(source, &batch));
    CHECK_EQ(batch.count, 4);
    CHECK_EQ(batch.link_type[0], 101);
    CHECK_EQ(batch.time_us[0], 1700000000123456);
    CHECK_EQ(bytes_left(&batch.frame[0]), 61);
    CHECK_EQ(bytes_sent(&batch.frame[0]), 100);
    CHECK_EQ(batch.link_type[1], 1);
    CHECK_EQ(batch.time_us[1], 1700000000123456); /* has none: that of the packet before */
    CHECK_EQ(bytes_left(&batch.frame[1]), 40);
    CHECK_EQ(bytes_sent(&batch.frame[1]), 1500);
    CHECK_EQ(batch.time_us[2], UINT64_C(1) << 32);
    CHECK_EQ(batch.link_type[2], 101);
    CHECK_EQ(batch.link_type[3], 228);
    CHECK_EQ(batch.time_us[3], 5);
    CHECK(!source_read(source, &batch));
    CHECK(!status_of(source).damaged);
    source_close(source);
}

static void source_reads_any_clock_of_pcapng(void)
{
    static const struct {
        uint8_t resolution;
        int64_t offset_s;
        uint64_t ticks;
        uint64_t want_us;
    } clocks[] = {
        { 6, 0, 1700000000123456, 1700000000123456 },
        { 9, 0, 1700000000123456789, 1700000000123456 },
        { 3, 0, 1700000000123, 1700000000123000 },
        { 0, 10, 1700000000, 1700000010000000 },
        { 6, -2, 5000000, 3000000 },
        { 6, -6, 5000000, 0 },
        { 0x80 | 10, 0, 1536, 1500000 },
        { 0x80 | 32, 0, UINT64_C(3) << 31, 1500000 },
        { 0x80 | 63, 0, UINT64_C(3) << 62, 1500000 },
        { 0x80 | 64, 0, UINT64_C(1) << 63, 500000 },
        { 0x80 | 127, 0, UINT64_MAX, 0 },
        { 127, 0, UINT64_MAX, 0 },
        { 0, 0, UINT64_MAX, 253402300799999999 },
        { 0x80, 0, UINT64_MAX, 253402300799999999 },
        { 6, INT64_MAX, 0, 253402300799999999 },
        { 6, INT64_MIN, UINT64_MAX, 0 },
    };
    for (size_t i = 0; i < sizeof clocks / sizeof clocks[0]; i++) {
        struct made m = { .big = i % 2 != 0 };
        put_section(&m);
        put_interface_time(&m, clocks[i].resolution, clocks[i].offset_s);
        put_enhanced(&m, 0, clocks[i].ticks, 4, 4);
        struct source *source = open_made(&m);
        CHECK(source_read(source, &batch));
        CHECK_EQ(batch.time_us[0], clocks[i].want_us);
        source_close(source);
    }
}

/* Whole records of a file that ends after `size` bytes. */
static void check_cut_file(const struct made *m, uint32_t size, const uint32_t *ends,
                           uint32_t records)
{
    uint32_t whole = 0;
    while (whole + 1 < records && ends[whole + 1] <= size) {
        whole++;
    }
    write_file(m, size);
    struct source *source = open_with(NULL);
    if (source == NULL) {
        return;
    }
    bool any = source_read(source, &batch);
    CHECK_EQ(any ? batch.count : 0, whole);
    CHECK(!any || !source_read(source, &batch));
    struct source_status status = status_of(source);
    CHECK_EQ(status.packets, whole);
    CHECK_EQ(status.damaged, size != ends[whole]);
    CHECK_EQ(status.damaged_at, status.damaged ? ends[whole] : 0);
    CHECK_EQ(status.damage[0] != '\0', status.damaged);
    source_close(source);
}

static void source_that_ends_early_gives_all_before_and_tells_where(void)
{
    for (unsigned ng = 0; ng < 2; ng++) {
        struct made m = { 0 };
        uint32_t ends[4];
        if (ng != 0) {
            put_section(&m);
            put_interface(&m, 1, 0);
        } else {
            put_pcap_header(&m, 0xa1b2c3d4, 65535, 1);
        }
        ends[0] = m.size;
        for (uint32_t i = 1; i < 4; i++) {
            ng != 0 ? put_enhanced(&m, 0, i, 20 + i, 60) : put_pcap_record(&m, i, 20 + i, 60);
            ends[i] = m.size;
        }
        for (uint32_t size = ends[0]; size <= m.size; size++) {
            check_cut_file(&m, size, ends, 4);
        }
        free(m.at);
    }
}

static void check_damage(struct made *m, uint32_t packets, uint32_t at)
{
    struct source *source = open_made(m);
    (void)source_read(source, &batch);
    struct source_status status = status_of(source);
    CHECK_EQ(status.packets, packets);
    CHECK(status.damaged && status.damage[0] != '\0');
    CHECK_EQ(status.damaged_at, at);
    source_close(source);
}

static void source_stops_at_a_senseless_record(void)
{
    struct made m = { 0 };
    put_pcap_header(&m, 0xa1b2c3d4, 65535, 1);
    put_pcap_record(&m, 0, 16, 16);
    put(&m, 8, 0);
    put(&m, 4, 262145);
    put(&m, 4, 262145);
    put_fill(&m, 400000, 0);
    check_damage(&m, 1, 24 + 32);
    static const uint32_t lengths[] = { 0, 11, 13, 0xfffffffc };
    for (size_t i = 0; i < sizeof lengths / sizeof lengths[0]; i++) {
        m = (struct made){ 0 };
        put_section(&m);
        put(&m, 4, 6);
        put(&m, 4, lengths[i]);
        put_fill(&m, 40, 0);
        check_damage(&m, 0, 28);
    }
    m = (struct made){ 0 };
    put_section(&m);
    put_interface(&m, 1, 0);
    put_enhanced(&m, 1, 0, 4, 4); /* of interface 1, the second */
    check_damage(&m, 0, 48);
    m = (struct made){ 0 };
    put_section(&m);
    put_interface(&m, 1, 0);
    put_enhanced(&m, 0, 0, 4, 4);
    m.at[m.size - 1] = 1; /* length at the end is another */
    check_damage(&m, 0, 48);
    m = (struct made){ 0 };
    put_section(&m);
    put_interface(&m, 1, 0);
    put_enhanced(&m, 0, 0, 4, 4);
    m.at[48 + 20] = 9; /* captured length runs past the block */
    check_damage(&m, 0, 48);
}

static void source_reads_records_across_many_refills(void)
{
    struct made m = { 0 };
    put_pcap_header(&m, 0xa1b2c3d4, 3000000, 1);
    put_pcap_record(&m, 0, 2900000, 2900000); /* larger than the first buffer */
    for (uint32_t i = 0; i < 30000; i++) {
        put_pcap_record(&m, i, 1 + i % 97, 200);
    }
    struct source *source = open_made(&m);
    uint64_t packets = 0;
    while (source_read(source, &batch)) {
        for (uint32_t i = 0; i < batch.count; i++) {
            uint64_t number = batch.packet[i];
            uint32_t size = number == 1 ? 2900000 : (uint32_t)(1 + (number - 2) % 97);
            CHECK_EQ(number, ++packets);
            CHECK_EQ(bytes_left(&batch.frame[i]), size);
            CHECK_EQ(bytes_peek(&batch.frame[i], 0), (uint8_t)size);
            CHECK_EQ(bytes_peek(&batch.frame[i], size - 1), (uint8_t)size);
        }
        source_release(&batch);
    }
    CHECK_EQ(packets, 30001);
    CHECK(!status_of(source).damaged);
    source_close(source);
}

static void source_steps_over_large_unknown_blocks(void)
{
    struct made m = { 0 };
    put_section(&m);
    put_block_head(&m, 0x0bad, 20000000);
    put_fill(&m, 20000000, 0);
    put(&m, 4, 20000012);
    put_interface(&m, 1, 0);
    put_enhanced(&m, 0, 1, 4, 4);
    struct source *source = open_made(&m);
    CHECK(source_read(source, &batch));
    CHECK_EQ(batch.count, 1);
    CHECK(!source_read(source, &batch));
    CHECK(!status_of(source).damaged);
    source_close(source);
}

static void put_ipv4_record(struct made *m, uint8_t protocol)
{
    static const uint8_t zero[28];
    put(m, 8, 0);
    put(m, 4, 28);
    put(m, 4, 28);
    put_bytes(m, zero, 28);
    m->at[m->size - 28] = 0x45;
    m->at[m->size - 25] = 28;
    m->at[m->size - 19] = protocol;
}

static void source_filter_keeps_the_numbers_of_the_file(void)
{
    struct made m = { 0 };
    put_pcap_header(&m, 0xa1b2c3d4, 65535, 101);
    put_ipv4_record(&m, 6);
    put_ipv4_record(&m, 17);
    put_ipv4_record(&m, 6);
    put_ipv4_record(&m, 17);
    write_file(&m, m.size);
    free(m.at);
    struct source *source = open_with("udp");
    CHECK(source_read(source, &batch));
    CHECK_EQ(batch.count, 2);
    CHECK_EQ(batch.packet[0], 2);
    CHECK_EQ(batch.packet[1], 4);
    CHECK(!source_read(source, &batch));
    CHECK_EQ(status_of(source).packets, 4);
    source_close(source);
    struct source_options wrong = { .filter = "udp and and" };
    CHECK_EQ(source_open(path, &wrong, &source, error), OV_SYNTAX);
    CHECK(strstr(error, "syntax error") != NULL);
}

static void source_filter_that_does_not_fit_a_link_type_is_an_error(void)
{
    struct made m = { 0 };
    struct source *source;
    struct source_options options = { .filter = "wlan type mgt" };
    put_section(&m);
    put_interface(&m, 105, 0);
    put_enhanced(&m, 0, 1, 4, 4);
    uint32_t first_half = m.size;
    put_interface(&m, 1, 0);
    put_enhanced(&m, 1, 1, 4, 4);
    write_file(&m, first_half);
    source = open_with(options.filter);
    CHECK(!source_read(source, &batch));
    CHECK(!status_of(source).damaged);
    source_close(source);
    write_file(&m, m.size); /* told as late as the second link type comes */
    source = open_with(options.filter);
    CHECK(!source_read(source, &batch));
    CHECK(status_of(source).damaged);
    source_close(source);
    free(m.at);
}

static void source_leaves_other_formats_to_libpcap(void)
{
    struct made m = { 0 };
    put_pcap_header(&m, 0xa1b2cd34, 65535, 101); /* Kuznetzov's pcap: 8 more bytes a record */
    for (uint32_t i = 0; i < 300; i++) {
        put(&m, 4, 1700000000);
        put(&m, 4, i);
        put(&m, 4, 20000);
        put(&m, 4, 30000);
        put(&m, 8, 0);
        put_fill(&m, 20000, (uint8_t)i);
    }
    struct source *source = open_made(&m);
    uint64_t packets = 0;
    while (source_read(source, &batch)) {
        for (uint32_t i = 0; i < batch.count; i++) {
            CHECK_EQ(batch.time_us[i], 1700000000000000 + packets);
            CHECK_EQ(bytes_peek(&batch.frame[i], 19999), (uint8_t)packets);
            CHECK_EQ(bytes_sent(&batch.frame[i]), 30000);
            CHECK_EQ(batch.link_type[i], 101);
            CHECK_EQ(batch.packet[i], ++packets);
        }
        source_release(&batch);
    }
    CHECK_EQ(packets, 300);
    source_close(source);
}

static void source_that_is_no_capture_tells_so(void)
{
    static const char *const contents[] = { "", "abc", "GET / HTTP/1.1\r\nHost: example.org\r\n" };
    struct source_options options = { .filter = NULL };
    struct source *source;
    for (size_t i = 0; i < 3; i++) {
        struct made m = { .at = NULL };
        put_bytes(&m, contents[i], (uint32_t)strlen(contents[i]));
        write_file(&m, m.size);
        free(m.at);
        error[0] = '\0';
        CHECK_EQ(source_open(path, &options, &source, error), OV_SYNTAX);
        CHECK(error[0] != '\0');
    }
    CHECK_EQ(source_open("/nonexistent/file", &options, &source, error), OV_IO);
    CHECK(strcmp(error, "No such file or directory") == 0);
    CHECK_EQ(source_open("/tmp", &options, &source, error), OV_IO);
    CHECK(strcmp(error, "Is a directory") == 0);
}

static void source_library_names_libpcap(void)
{
    CHECK(strstr(source_library_version(), "libpcap") != NULL);
}

static void source_reads_a_pipe(void)
{
    struct made m = { 0 };
    put_pcap_header(&m, 0xa1b2c3d4, 65535, 1);
    for (uint32_t i = 0; i < 2000; i++) {
        put_pcap_record(&m, i, 100, 100);
    }
    if (unlink(path) != 0 || mkfifo(path, 0600) != 0) {
        abort();
    }
    pid_t writer = fork();
    if (writer == 0) {
        write_file(&m, m.size);
        _exit(0);
    }
    struct source *source = open_with(NULL);
    uint64_t packets = 0;
    while (source_read(source, &batch)) {
        packets += batch.count;
    }
    CHECK_EQ(packets, 2000);
    CHECK_EQ(status_of(source).total_bytes, 0);
    CHECK(!status_of(source).damaged);
    source_close(source);
    CHECK(waitpid(writer, NULL, 0) == writer);
    free(m.at);
}

int main(void)
{
    int descriptor = mkstemp(path);
    if (descriptor < 0 || close(descriptor) != 0) {
        return EXIT_FAILURE;
    }
    source_reads_pcap_in_each_byte_order_and_clock();
    source_reads_all_packet_blocks_of_pcapng();
    source_reads_any_clock_of_pcapng();
    source_that_ends_early_gives_all_before_and_tells_where();
    source_stops_at_a_senseless_record();
    source_reads_records_across_many_refills();
    source_steps_over_large_unknown_blocks();
    source_filter_keeps_the_numbers_of_the_file();
    source_filter_that_does_not_fit_a_link_type_is_an_error();
    source_leaves_other_formats_to_libpcap();
    source_that_is_no_capture_tells_so();
    source_library_names_libpcap();
    source_reads_a_pipe();
    unlink(path);
    return check_failures == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
