/* cli/reload.c: the new policy is read whole before anything of the old one is touched. */
#include "cli/reload.h"

#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "analyzers/crypto/verified.h"
#include "base/text.h"
#include "cli/audit.h"

enum { MISTAKES_TOLD = 4096 }; /* bytes of a notice; all are on stderr */

static volatile sig_atomic_t asked;
static volatile sig_atomic_t hangup_ignored;

static void on_hangup(int number, siginfo_t *info, void *context)
{
    (void)number;
    (void)context;
    if (info->si_code <= 0) { /* sent by a program, not by a terminal */
        asked = 1;
    } else if (hangup_ignored == 0) {
        (void)raise(SIGTERM);
    }
}

void reload_catch(void)
{
    struct sigaction action, before;
    memset(&action, 0, sizeof action);
    action.sa_sigaction = on_hangup;
    action.sa_flags = SA_SIGINFO | SA_RESTART;
    sigaction(SIGHUP, NULL, &before);
    hangup_ignored = before.sa_handler == SIG_IGN;
    sigaction(SIGHUP, &action, NULL);
}

bool reload_asked(void)
{
    bool was = asked != 0;
    asked = 0;
    return was;
}

static void tell(struct pipeline *p, const char *code, const char *text, uint64_t time_us)
{
    struct report_notice notice = {
        .code = code, .text = text, .file = p->options->policy, .time_us = time_us
    };
    report_notice(&p->verdicts.records, p->options->sensor, &notice);
}

/* Lines of mistakes, each with its position, as one line of a notice. */
static void tell_mistakes(struct pipeline *p, const char *mistakes, uint64_t time_us)
{
    char buffer[MISTAKES_TOLD];
    struct text text = text_into(buffer, sizeof buffer);
    fprintf(stderr, "%sovert: SIGHUP: the policy stays as it was\n", mistakes);
    text_put(&text, "the new policy was not taken, the one of before stays");
    for (const char *line = mistakes; *line != '\0';) {
        size_t size = strcspn(line, "\n");
        text_printf(&text, "; %.*s", (int)size, line);
        line += size + (line[size] == '\n');
    }
    tell(p, "policy.not-reloaded", buffer, time_us);
}

/* What is left out of a sample is inferred only. True: it is left out all the same, since the
 * command line says so. */
static bool demand_signatures(struct pipeline *p, const struct policy *policy)
{
    bool all = !policy_settings(policy)->accept_inferred_mtls;
    if (!p->options->verify_named) {
        verified_demand(certificates_verified(p->certificates), all);
    }
    return all && p->options->verify_named && p->options->verify != VERIFY_ALL;
}

static void adopt(struct pipeline *p, struct policy *policy, uint64_t time_us)
{
    char text[512];
    if (judge_adopt(&p->verdicts.judge, policy) != OV_OK) {
        policy_free(policy);
        tell(p, "policy.not-reloaded", "no memory for the new policy: the one of before stays",
             time_us);
        return;
    }
    p->policy = policy;
    snprintf(text, sizeof text,
             "policy %.100s was read again: %" PRIu32 " rows, %" PRIu32 " hosts, %" PRIu32
             " waivers; flows are judged by it from now on%s",
             policy_name(policy), policy_row_count(policy), policy_host_count(policy),
             policy_waiver_count(policy),
             demand_signatures(p, policy)
                 ? "; it accepts no inferred MTLS, but --verify leaves signatures out"
                 : "");
    tell(p, "policy.reloaded", text, time_us);
    if (!p->options->quiet) {
        fprintf(stderr, "overt: SIGHUP: %s: %s\n", p->options->policy, text);
    }
    policy_free(p->own_policy);
    p->own_policy = policy;
}

void reload_policy(struct pipeline *p, uint64_t time_us)
{
    if (policy_is_builtin(p->policy)) {
        tell(p, "policy.not-reloaded", "the policy is built in: there is no file to read again",
             time_us);
        return;
    }
    char *mistakes = NULL;
    size_t size = 0;
    struct policy *policy = NULL;
    FILE *errors = open_memstream(&mistakes, &size);
    enum ov_status status = OV_NOMEM;
    if (errors != NULL) {
        status = policy_read(p->options->policy, errors, &policy);
        status = fclose(errors) == 0 || status == OV_OK ? status : OV_NOMEM;
    }
    if (status == OV_OK) {
        adopt(p, policy, time_us);
    } else if (mistakes != NULL) {
        tell_mistakes(p, mistakes, time_us);
    }
    free(mistakes);
}
