/* analyzers/lines_commands.c: commands of SMTP, FTP, POP3 and IMAP that concern TLS, passwords and
 * the end of both. */
#include "analyzers/lines_commands.h"

#include "base/scan.h"

static const struct line_command commands[] = {
    { SMTP, ACTION_LIST, "EHLO" },     { SMTP, ACTION_LIST, "LHLO" },
    { SMTP, ACTION_NONE, "HELO" },     { SMTP, ACTION_ASK, "STARTTLS" },
    { SMTP, ACTION_NONE, "MAIL" },     { SMTP, ACTION_END, "DATA" },
    { SMTP, ACTION_END, "BDAT" },      { FTP, ACTION_ASK_AUTH, "AUTH" },
    { FTP, ACTION_LIST, "FEAT" },      { FTP, ACTION_USER, "USER" },
    { FTP, ACTION_PASSWORD, "PASS" },  { FTP, ACTION_NONE, "OPTS" },
    { FTP, ACTION_NONE, "SYST" },      { FTP, ACTION_END, "PASV" },
    { FTP, ACTION_END, "EPSV" },       { FTP, ACTION_END, "PORT" },
    { FTP, ACTION_END, "EPRT" },       { POP3, ACTION_LIST, "CAPA" },
    { POP3, ACTION_ASK, "STLS" },      { POP3, ACTION_USER, "USER" },
    { POP3, ACTION_PASSWORD, "PASS" }, { POP3, ACTION_DIGEST, "APOP" },
    { POP3, ACTION_SASL, "AUTH" },     { POP3, ACTION_END, "STAT" },
    { POP3, ACTION_END, "LIST" },      { POP3, ACTION_END, "UIDL" },
    { POP3, ACTION_END, "RETR" },      { IMAP, ACTION_ASK, "STARTTLS" },
    { IMAP, ACTION_LOGIN, "LOGIN" },   { IMAP, ACTION_SASL, "AUTHENTICATE" },
    { IMAP, ACTION_END, "SELECT" },    { IMAP, ACTION_END, "EXAMINE" },
    { IMAP, ACTION_END, "APPEND" },    { IMAP, ACTION_NONE, "ID" },
    { SMTP, ACTION_SASL, "AUTH" }, /* behind that of FTP, where it may be the first command */
};

const struct line_command *lines_commands_find(uint8_t protocols, const struct bytes *word)
{
    for (size_t i = 0; i < sizeof commands / sizeof commands[0]; i++) {
        if ((commands[i].protocol & protocols) != 0 && scan_is(word, commands[i].word)) {
            return &commands[i];
        }
    }
    return NULL;
}
