/* base/scan.c: text scanning on bytes windows. Walks with bytes_peek and bytes_take only. */
#include "base/scan.h"

static int lower(int c)
{
    return c >= 'A' && c <= 'Z' ? c + ('a' - 'A') : c;
}

static bool is_blank(int c)
{
    return c == ' ' || c == '\t';
}

bool scan_line(struct bytes *in, struct bytes *ret_line)
{
    const uint8_t *end = in->left > 0 ? memchr(in->next, '\n', in->left) : NULL;
    if (end == NULL) {
        return false;
    }
    uint32_t size = (uint32_t)(end - in->next);
    *ret_line = bytes_take(in, size);
    bytes_skip(in, 1);
    if (size > 0 && bytes_peek(ret_line, size - 1) == '\r') {
        *ret_line = bytes_take(ret_line, size - 1);
    }
    return true;
}

struct bytes scan_until(struct bytes *in, char stop)
{
    const uint8_t *end = in->left > 0 ? memchr(in->next, stop, in->left) : NULL;
    if (end == NULL) {
        return bytes_take(in, bytes_sent(in));
    }
    struct bytes before = bytes_take(in, (uint32_t)(end - in->next));
    bytes_skip(in, 1);
    return before;
}

static void skip_blanks(struct bytes *in)
{
    while (is_blank(bytes_peek(in, 0))) {
        bytes_skip(in, 1);
    }
}

struct bytes scan_word(struct bytes *in)
{
    skip_blanks(in);
    uint32_t n = 0;
    while (n < bytes_left(in) && !is_blank(bytes_peek(in, n))) {
        n++;
    }
    struct bytes word = n < bytes_left(in) ? bytes_take(in, n) : bytes_take(in, bytes_sent(in));
    skip_blanks(in);
    return word;
}

struct bytes scan_trim(struct bytes in)
{
    skip_blanks(&in);
    uint32_t n = bytes_left(&in);
    while (in.cut == 0 && n > 0 && is_blank(bytes_peek(&in, n - 1))) {
        n--;
    }
    return in.cut > 0 ? in : bytes_take(&in, n);
}

bool scan_starts(const struct bytes *in, const char *want)
{
    uint32_t i = 0;
    for (; want[i] != '\0'; i++) {
        if (lower(bytes_peek(in, i)) != lower((unsigned char)want[i])) {
            return false;
        }
    }
    return true;
}

bool scan_is(const struct bytes *in, const char *want)
{
    return in->cut == 0 && in->left == strlen(want) && scan_starts(in, want);
}

int64_t scan_find(const struct bytes *in, const char *want)
{
    struct bytes at = *in;
    uint32_t size = (uint32_t)strlen(want);
    for (uint32_t i = 0; bytes_left(&at) >= size; i++) {
        if (scan_starts(&at, want)) {
            return i;
        }
        if (bytes_skip(&at, 1) == NULL) {
            break;
        }
    }
    return -1;
}

bool scan_number(const struct bytes *in, uint64_t max, uint64_t *ret_value)
{
    uint64_t value = 0;
    if (in->left == 0 || in->cut > 0) {
        return false;
    }
    for (uint32_t i = 0; i < in->left; i++) {
        int c = bytes_peek(in, i);
        if (c < '0' || c > '9') {
            return false;
        }
        uint64_t digit = (uint64_t)(c - '0');
        if (digit > max || value > (max - digit) / 10) {
            return false;
        }
        value = value * 10 + digit;
    }
    *ret_value = value;
    return true;
}

uint32_t scan_offset(const struct bytes *from, const struct bytes *to)
{
    return from->next != NULL && to->next != NULL ? (uint32_t)(to->next - from->next) : 0;
}

bool scan_begins(const struct bytes *in, const struct bytes *with)
{
    return bytes_starts(in, with->next, with->left);
}
