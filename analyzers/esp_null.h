/* analyzers/esp_null.h: is what a packet holds readable where it must be, were it not encrypted? */
#ifndef OVERT_ANALYZERS_ESP_NULL_H
#define OVERT_ANALYZERS_ESP_NULL_H

#include "base/bytes.h"

enum esp_null {
    ESP_NULL_UNSEEN,   /* too little was captured to say */
    ESP_NULL_CLOSED,   /* nothing readable */
    ESP_NULL_READABLE, /* headers of IP, UDP or TCP with lengths or sums that fit */
};

/* in: what follows SPI and sequence number of ESP (RFC 5879 5 to 7). */
enum esp_null esp_null_look(const struct bytes *in);

#endif
