/* reports/json_party.c: addresses, ports, zones and roles of the two ends. */
#include "reports/json_party.h"

#include <jansson.h>

void json_party_address(struct json_line *line, json_t *object, const struct address *a)
{
    char buffer[ADDRESS_TEXT_SIZE];
    json_line_text(line, object, "ip", address_text(a, buffer));
}

void json_party_put(struct json_line *line, const char *key, const struct flow_end *end,
                    bool with_port, const struct party *party)
{
    json_t *object = json_line_object(line, line->root, key);
    json_party_address(line, object, &end->address);
    if (with_port) {
        json_line_count(line, object, "port", end->port);
    }
    if (party == NULL) {
        return;
    }
    json_line_text(line, object, "zone", party->zone);
    json_line_text(line, object, "role", party->role);
    json_line_text(line, object, "role_by", party->role_by);
    json_line_text(line, object, "name", party->name);
}
