/* reports/json_transport.h: the words of flow records for protocols of IP. */
#ifndef OVERT_REPORTS_JSON_TRANSPORT_H
#define OVERT_REPORTS_JSON_TRANSPORT_H

#include <stdbool.h>
#include <stdint.h>

enum { JSON_TRANSPORT_SIZE = 16 };

/* "tcp", "ip-proto-89"; buffer has JSON_TRANSPORT_SIZE bytes; returns a constant or buffer. */
const char *json_transport_text(uint8_t l4, char *buffer);
/* False when the text is no such word. */
bool json_transport_read(const char *text, uint8_t *ret_l4);

#endif
