/* rules/roles.h: the roles a host can have (design domain B.1). */
#ifndef OVERT_RULES_ROLES_H
#define OVERT_RULES_ROLES_H

#include <stdbool.h>
#include <stdint.h>

/* enumerator, name in policies, is it a server of the table's "any_server" */
#define ROLES(X)                                                                                   \
    X(ROLE_FRONT_END, "front_end", 1)                                                              \
    X(ROLE_DIRECTOR, "director", 1)                                                                \
    X(ROLE_AV_MCU, "av_mcu", 1)                                                                    \
    X(ROLE_IM_MCU, "im_mcu", 1)                                                                    \
    X(ROLE_WEB_MCU, "web_mcu", 1)                                                                  \
    X(ROLE_AS_MCU, "as_mcu", 1)                                                                    \
    X(ROLE_MEDIATION, "mediation", 1)                                                              \
    X(ROLE_GATEWAY, "gateway", 0)                                                                  \
    X(ROLE_SBA, "sba", 1)                                                                          \
    X(ROLE_EDGE_ACCESS, "edge_access", 1)                                                          \
    X(ROLE_EDGE_WEB, "edge_web", 1)                                                                \
    X(ROLE_EDGE_AV, "edge_av", 1)                                                                  \
    X(ROLE_REVERSE_PROXY, "reverse_proxy", 0)                                                      \
    X(ROLE_ARCHIVING, "archiving", 1)                                                              \
    X(ROLE_MONITORING, "monitoring", 1)                                                            \
    X(ROLE_BACKEND_SQL, "backend_sql", 1)                                                          \
    X(ROLE_APP_SERVER, "app_server", 1)                                                            \
    X(ROLE_GROUP_CHAT, "group_chat", 1)                                                            \
    X(ROLE_CWA, "cwa", 1)                                                                          \
    X(ROLE_OFFICE_WEB_APPS, "office_web_apps", 1)                                                  \
    X(ROLE_EXCHANGE_UM, "exchange_um", 1)                                                          \
    X(ROLE_FEDERATION_PARTNER, "federation_partner", 0)                                            \
    X(ROLE_PIC_PROVIDER, "pic_provider", 0)                                                        \
    X(ROLE_XMPP_GATEWAY, "xmpp_gateway", 1)                                                        \
    X(ROLE_RCC_GATEWAY, "rcc_gateway", 0)                                                          \
    X(ROLE_CLIENT_INTERNAL, "client_internal", 0)                                                  \
    X(ROLE_CLIENT_EXTERNAL, "client_external", 0)                                                  \
    X(ROLE_DC, "dc", 0)                                                                            \
    X(ROLE_DNS, "dns", 0)                                                                          \
    X(ROLE_DHCP, "dhcp", 0)                                                                        \
    X(ROLE_CA, "ca", 0)

enum role {
#define X(role, name, server) role,
    ROLES(X)
#undef X
        ROLE_COUNT,
};

/* A set of roles is a uint64_t with bit (1 << role) for each; 0 = unknown. */
static inline uint64_t role_bit(enum role role)
{
    return (uint64_t)1 << role;
}

/* Roles named by one policy word: a role, `any_server`, `client_*` (or `any_client`), `any`.
 * 0 for an unknown word. */
uint64_t roles_of_word(const char *word);
/* Names of a set joined with ",", "" for 0; buffer of size bytes; returns buffer. */
const char *roles_text(uint64_t roles, char *buffer, uint32_t size);
/* The name that is nearest to a mistyped word (edit distance), for error messages. */
const char *roles_nearest(const char *word);

#endif
