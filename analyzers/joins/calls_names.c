/* analyzers/joins/calls_names.c: names of suites and codecs, each kept once. */
#include <string.h>

#include "analyzers/joins/calls_internal.h"

uint16_t calls_names_id(struct call_names *names, const char *text, uint32_t size)
{
    if (size == 0 || size >= CALL_NAME_SIZE || memchr(text, 0, size) != NULL) {
        return 0;
    }
    for (uint32_t i = 1; i < names->count; i++) {
        if (strlen(names->text[i]) == size && memcmp(names->text[i], text, size) == 0) {
            return (uint16_t)i;
        }
    }
    uint32_t id = names->count > 0 ? names->count : 1;
    if (id >= CALL_NAMES) {
        return 0;
    }
    memcpy(names->text[id], text, size);
    names->text[id][size] = '\0';
    names->count = id + 1;
    return (uint16_t)id;
}
