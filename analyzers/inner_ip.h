/* analyzers/inner_ip.h: a whole IP packet inside of something that should have hidden it. */
#ifndef OVERT_ANALYZERS_INNER_IP_H
#define OVERT_ANALYZERS_INNER_IP_H

#include <stdbool.h>

#include "base/bytes.h"

/* Does an IP packet begin right here, that ends at most `room` bytes before the end of in? For IPv4
 * its checksum is right. Only its header need be captured. */
bool inner_ip_is_at(const struct bytes *in, uint32_t room);

#endif
