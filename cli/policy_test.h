/* cli/policy_test.h: overt policy test. */
#ifndef OVERT_CLI_POLICY_TEST_H
#define OVERT_CLI_POLICY_TEST_H

/* Runs the cases of all files, under the policy that each names, or under this one (NULL: none).
 * EXIT_CLEAN, EXIT_FINDINGS when a case fails, EXIT_USAGE when one cannot be run. */
int policy_test(int count, char **files, const char *policy);

#endif
