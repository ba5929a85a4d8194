/* tests/unit/test_text.c: bounded text, and strangers' bytes made printable. */
#include "base/text.h"

#include <string.h>

#include "tests/check.h"

static void text_that_does_not_fit_is_cut_and_terminated(void)
{
    char buffer[6];
    struct text t = text_into(buffer, sizeof buffer);
    text_put(&t, "abc");
    CHECK(!t.cut);
    text_put(&t, "defg");
    CHECK(t.cut);
    CHECK(strcmp(buffer, "abcde") == 0);
    text_put(&t, "");
    CHECK_EQ(t.used, 5);
}

static void text_printf_fills_and_cuts_like_put(void)
{
    char buffer[6];
    struct text t = text_into(buffer, sizeof buffer);
    text_printf(&t, "%d", 12345);
    CHECK(!t.cut && strcmp(buffer, "12345") == 0);
    text_printf(&t, "%s", "6");
    CHECK(t.cut && t.used == 5);
    t = text_into(buffer, 1);
    text_printf(&t, "x");
    CHECK(t.cut && buffer[0] == '\0');
}

static void text_hex_writes_two_digits_a_byte(void)
{
    char buffer[16];
    struct text t = text_into(buffer, sizeof buffer);
    text_put_hex(&t, (const uint8_t[]){ 0x00, 0x7f, 0xa5 }, 3);
    CHECK(strcmp(buffer, "007fa5") == 0);
}

static bool escapes_to(const char *bytes, size_t size, const char *want)
{
    char buffer[64];
    struct text t = text_into(buffer, sizeof buffer);
    char *heap = malloc(size);
    if (heap == NULL) {
        abort();
    }
    memcpy(heap, bytes, size);
    text_put_escaped(&t, heap, size);
    free(heap);
    return strcmp(buffer, want) == 0;
}

static void text_escaping_keeps_well_formed_utf8(void)
{
    CHECK(escapes_to("a\xc3\xa9", 3, "a\xc3\xa9"));
    CHECK(escapes_to("\xe2\x82\xac", 3, "\xe2\x82\xac"));
    CHECK(escapes_to("\xf0\x9f\x98\x80", 4, "\xf0\x9f\x98\x80"));
}

static void text_escaping_marks_controls_and_broken_utf8(void)
{
    CHECK(escapes_to("a\nb\x1b[\x7f", 6, "a\\x0ab\\x1b[\\x7f"));
    CHECK(escapes_to("\0", 1, "\\x00"));
    CHECK(escapes_to("\xc0\xaf", 2, "\\xc0\\xaf"));
    CHECK(escapes_to("\xe0\x80\xaf", 3, "\\xe0\\x80\\xaf"));
    CHECK(escapes_to("\xed\xa0\x80", 3, "\\xed\\xa0\\x80"));
    CHECK(escapes_to("\xf4\x90\x80\x80", 4, "\\xf4\\x90\\x80\\x80"));
    CHECK(escapes_to("\xf0\x9f\x98", 3, "\\xf0\\x9f\\x98"));
    CHECK(escapes_to("\xc2\x85", 2, "\\xc2\\x85"));
    CHECK(escapes_to("\xff", 1, "\\xff"));
}

static void text_escaping_never_cuts_a_character(void)
{
    char buffer[5];
    struct text t = text_into(buffer, sizeof buffer);
    text_put_escaped(&t, "ab\xe2\x82\xac", 5);
    CHECK(t.cut && strcmp(buffer, "ab") == 0);
    t = text_into(buffer, sizeof buffer);
    text_put_escaped(&t, "a\n", 2);
    CHECK(t.cut && strcmp(buffer, "a") == 0);
}

int main(void)
{
    text_that_does_not_fit_is_cut_and_terminated();
    text_printf_fills_and_cuts_like_put();
    text_hex_writes_two_digits_a_byte();
    text_escaping_keeps_well_formed_utf8();
    text_escaping_marks_controls_and_broken_utf8();
    text_escaping_never_cuts_a_character();
    return check_failures == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
