/* analyzers/lines_commands.h: what clients of SMTP, FTP, POP3 and IMAP say before TLS or mail. */
#ifndef OVERT_ANALYZERS_LINES_COMMANDS_H
#define OVERT_ANALYZERS_LINES_COMMANDS_H

#include "base/bytes.h"

enum line_protocol { NOT_KNOWN, SMTP = 1 << 0, FTP = 1 << 1, POP3 = 1 << 2, IMAP = 1 << 3 };

/* What a command of the client means here. */
enum line_action {
    ACTION_NONE,
    ACTION_LIST,     /* asks what the server can do */
    ACTION_ASK,      /* asks for TLS */
    ACTION_ASK_AUTH, /* FTP's AUTH: its argument tells for what */
    ACTION_USER,
    ACTION_PASSWORD,
    ACTION_LOGIN,  /* user and password in one line */
    ACTION_DIGEST, /* APOP */
    ACTION_SASL,
    ACTION_END, /* mail or files come: TLS will not */
};

struct line_command {
    uint8_t protocol; /* enum line_protocol: one bit */
    uint8_t action;   /* enum line_action */
    const char *word;
};

/* The first command of this name among the protocols (bits of enum line_protocol); NULL when none
 * of them has it. */
const struct line_command *lines_commands_find(uint8_t protocols, const struct bytes *word);

#endif
