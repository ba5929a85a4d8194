/* base/text.h: text built into a caller's buffer, and bytes of strangers made safe to print. */
#ifndef OVERT_BASE_TEXT_H
#define OVERT_BASE_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A buffer that is always NUL-terminated and knows when something did not fit. */
struct text {
    char *at;
    size_t size; /* bytes at `at`, the NUL included; at least 1 */
    size_t used; /* characters before the NUL */
    bool cut;
};

struct text text_into(char *buffer, size_t size);
void text_put(struct text *t, const char *chars);
void text_put_bytes(struct text *t, const void *chars, size_t size);
__attribute__((format(printf, 2, 3))) void text_printf(struct text *t, const char *format, ...);
void text_put_hex(struct text *t, const uint8_t *bytes, size_t size);

/* Appends bytes from the wire as valid UTF-8: well-formed sequences stay, every other byte and
 * every control character becomes \xNN. Stops, and sets cut, where the next character would
 * not fit whole. */
void text_put_escaped(struct text *t, const void *bytes, size_t size);

#endif
