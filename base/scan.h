/* base/scan.h: reading text protocols (SIP, SDP, HTTP) through a bytes window.
 *
 * Everything works on windows: nothing is copied, nothing is terminated by NUL. */
#ifndef OVERT_BASE_SCAN_H
#define OVERT_BASE_SCAN_H

#include "base/bytes.h"

/* Takes one line without its CR LF or LF. false, and in unmoved, when no line end is captured. */
bool scan_line(struct bytes *in, struct bytes *ret_line);
/* Takes the bytes before the first `stop` and steps over it; without one, all that is left. */
struct bytes scan_until(struct bytes *in, char stop);
/* Takes the next word that ends at a space or tab, stepping over spaces around it. */
struct bytes scan_word(struct bytes *in);
/* The window without leading and trailing spaces and tabs. */
struct bytes scan_trim(struct bytes in);
/* ASCII comparisons with a C string, letters equal in both cases. A cut window equals nothing. */
bool scan_is(const struct bytes *in, const char *want);
bool scan_starts(const struct bytes *in, const char *want);
/* Offset of a C string (letters equal in both cases) in the captured bytes, or -1. */
int64_t scan_find(const struct bytes *in, const char *want);
/* The whole window as a decimal number; false when empty, not a number, or above max. */
bool scan_number(const struct bytes *in, uint64_t max, uint64_t *ret_value);
/* Bytes from the start of one window to the start of a later one in the same memory; 0 when either
 * is on nothing. */
uint32_t scan_offset(const struct bytes *from, const struct bytes *to);
/* Does the window start with the captured bytes of another? */
bool scan_begins(const struct bytes *in, const struct bytes *with);

#endif
