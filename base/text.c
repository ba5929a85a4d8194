/* base/text.c: bounded text. */
#include "base/text.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

struct text text_into(char *buffer, size_t size)
{
    buffer[0] = '\0';
    return (struct text){ .at = buffer, .size = size };
}

void text_put_bytes(struct text *t, const void *chars, size_t size)
{
    size_t room = t->size - 1 - t->used;
    size_t take = size < room ? size : room;
    if (take > 0) {
        memcpy(t->at + t->used, chars, take);
    }
    t->used += take;
    t->at[t->used] = '\0';
    t->cut |= take < size;
}

void text_put(struct text *t, const char *chars)
{
    text_put_bytes(t, chars, strlen(chars));
}

void text_printf(struct text *t, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    size_t room = t->size - t->used;
    int wrote = vsnprintf(t->at + t->used, room, format, arguments);
    va_end(arguments);
    if (wrote < 0 || (size_t)wrote >= room) {
        t->used = t->size - 1;
        t->cut = true;
        return;
    }
    t->used += (size_t)wrote;
}

void text_put_hex(struct text *t, const uint8_t *bytes, size_t size)
{
    static const char digits[] = "0123456789abcdef";
    for (size_t i = 0; i < size; i++) {
        char pair[2] = { digits[bytes[i] >> 4], digits[bytes[i] & 15] };
        text_put_bytes(t, pair, 2);
    }
}

/* Length of the well-formed UTF-8 sequence at p (RFC 3629 4), 0 when there is none. */
static size_t utf8_length(const uint8_t *p, size_t left)
{
    if (p[0] < 0x80) {
        return 1;
    }
    size_t n = p[0] >= 0xc2 && p[0] <= 0xdf ? 2 : p[0] >= 0xe0 && p[0] <= 0xef ? 3 : 0;
    n = p[0] >= 0xf0 && p[0] <= 0xf4 ? 4 : n;
    if (n == 0 || n > left) {
        return 0;
    }
    for (size_t i = 1; i < n; i++) {
        if ((p[i] & 0xc0) != 0x80) {
            return 0;
        }
    }
    bool overlong = (p[0] == 0xe0 && p[1] < 0xa0) || (p[0] == 0xf0 && p[1] < 0x90);
    bool surrogate = p[0] == 0xed && p[1] > 0x9f;
    bool beyond = p[0] == 0xf4 && p[1] > 0x8f;
    return overlong || surrogate || beyond ? 0 : n;
}

/* Bytes from p that are printable ASCII: they need no look of their own. */
static size_t plain_run(const uint8_t *p, size_t size)
{
    size_t n = 0;
    while (n < size && p[n] >= 0x20 && p[n] < 0x7f) {
        n++;
    }
    return n;
}

void text_put_escaped(struct text *t, const void *bytes, size_t size)
{
    const uint8_t *p = bytes;
    for (size_t i = 0; i < size;) {
        size_t plain = plain_run(p + i, size - i);
        text_put_bytes(t, p + i, plain);
        i += plain;
        if (i == size || t->cut) {
            return;
        }
        size_t n = utf8_length(p + i, size - i);
        bool control = n == 1;
        bool c1 = n == 2 && p[i] == 0xc2 && p[i + 1] < 0xa0;
        size_t need = n == 0 || control ? 4 : c1 ? 8 : n;
        if (need > t->size - 1 - t->used) {
            t->cut = true;
            return;
        }
        if (n > 1 && !c1) {
            text_put_bytes(t, p + i, n);
            i += n;
            continue;
        }
        for (size_t end = i + (n > 0 ? n : 1); i < end; i++) {
            text_put(t, "\\x");
            text_put_hex(t, p + i, 1);
        }
    }
}
