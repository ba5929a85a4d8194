/* cli/policy_command.h: the command policy. */
#ifndef OVERT_CLI_POLICY_COMMAND_H
#define OVERT_CLI_POLICY_COMMAND_H

/* Exit status of `overt policy ...`. */
int policy_command(int argc, char **argv);

#endif
