/* tests/unit/test_scan.c: lines, words and numbers of text protocols. */
#include "base/scan.h"

#include "tests/check.h"

static struct bytes window(const char *text)
{
    uint32_t size = (uint32_t)strlen(text);
    return bytes_of(text, size, size);
}

static bool is(struct bytes got, const char *want)
{
    return bytes_equal(&got, want, (uint32_t)strlen(want));
}

static void scan_line_takes_crlf_and_lf_lines(void)
{
    struct bytes in = window("one\r\ntwo\n\r\nrest");
    struct bytes line;
    CHECK(scan_line(&in, &line) && is(line, "one"));
    CHECK(scan_line(&in, &line) && is(line, "two"));
    CHECK(scan_line(&in, &line) && is(line, ""));
    CHECK(!scan_line(&in, &line));
    CHECK(is(in, "rest"));
    CHECK(bytes_ok(&in));
}

static void scan_line_keeps_a_carriage_return_inside(void)
{
    struct bytes in = window("a\rb\r\r\n");
    struct bytes line;
    CHECK(scan_line(&in, &line) && is(line, "a\rb\r"));
    in = window("");
    CHECK(!scan_line(&in, &line));
}

static void scan_until_takes_all_without_the_stop(void)
{
    struct bytes in = window("name: value");
    CHECK(is(scan_until(&in, ':'), "name"));
    CHECK(is(scan_until(&in, ':'), " value"));
    CHECK_EQ(bytes_left(&in), 0);
    in = bytes_of("ab", 2, 9);
    struct bytes all = scan_until(&in, ';');
    CHECK_EQ(all.left, 2);
    CHECK_EQ(all.cut, 7);
    in = (struct bytes){ (const uint8_t *)"ab", 2, UINT32_MAX, BYTES_OK };
    all = scan_until(&in, ';');
    CHECK_EQ(all.left, 2);
}

static void scan_word_steps_over_blanks_on_both_sides(void)
{
    struct bytes in = window("  INVITE \t sip:a  ");
    CHECK(is(scan_word(&in), "INVITE"));
    CHECK(is(scan_word(&in), "sip:a"));
    CHECK(is(scan_word(&in), ""));
    CHECK_EQ(bytes_left(&in), 0);
}

static void scan_trim_keeps_the_end_of_a_cut_window(void)
{
    CHECK(is(scan_trim(window(" \t a b \t")), "a b"));
    CHECK(is(scan_trim(window("  ")), ""));
    struct bytes cut = scan_trim(bytes_of(" a ", 3, 5));
    CHECK_EQ(cut.left, 2);
    CHECK_EQ(cut.cut, 2);
}

static void scan_is_ignores_case_and_refuses_cut_windows(void)
{
    struct bytes whole = window("Content-Type");
    struct bytes cut = bytes_of("Content-Type", 12, 13);
    CHECK(scan_is(&whole, "content-TYPE"));
    CHECK(!scan_is(&whole, "content-typ"));
    CHECK(!scan_is(&whole, "content-types"));
    CHECK(!scan_is(&cut, "content-type"));
    CHECK(scan_starts(&cut, "content-"));
    CHECK(!scan_starts(&cut, "content-types"));
}

static void scan_find_tells_the_first_place(void)
{
    struct bytes in = window("aab AAB");
    CHECK_EQ(scan_find(&in, "ab"), 1);
    CHECK_EQ(scan_find(&in, " a"), 3);
    CHECK_EQ(scan_find(&in, "AAB"), 0);
    CHECK_EQ(scan_find(&in, "aab aabc"), -1);
    CHECK_EQ(scan_find(&in, ""), 0);
    struct bytes none = window("");
    CHECK_EQ(scan_find(&none, "a"), -1);
    CHECK_EQ(scan_find(&none, ""), 0);
}

static bool number(const char *text, uint64_t max, uint64_t *ret_value)
{
    struct bytes in = window(text);
    return scan_number(&in, max, ret_value);
}

static void scan_number_reads_up_to_its_maximum_and_nothing_else(void)
{
    uint64_t value = 7;
    CHECK(number("0", 0, &value) && value == 0);
    CHECK(number("65535", 65535, &value) && value == 65535);
    CHECK(number("007", 9, &value) && value == 7);
    CHECK(number("18446744073709551615", UINT64_MAX, &value) && value == UINT64_MAX);
    CHECK(!number("18446744073709551616", UINT64_MAX, &value));
    CHECK(!number("99999999999999999999999", UINT64_MAX, &value));
    CHECK(!number("65536", 65535, &value));
    CHECK(!number("5", 4, &value));
    CHECK(!number("", 9, &value));
    CHECK(!number("-1", 9, &value));
    CHECK(!number("1 ", 9, &value));
    struct bytes cut = bytes_of("12", 2, 3);
    CHECK(!scan_number(&cut, 99, &value));
    CHECK(value == UINT64_MAX);
}

int main(void)
{
    scan_line_takes_crlf_and_lf_lines();
    scan_line_keeps_a_carriage_return_inside();
    scan_until_takes_all_without_the_stop();
    scan_word_steps_over_blanks_on_both_sides();
    scan_trim_keeps_the_end_of_a_cut_window();
    scan_is_ignores_case_and_refuses_cut_windows();
    scan_find_tells_the_first_place();
    scan_number_reads_up_to_its_maximum_and_nothing_else();
    return check_failures == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
