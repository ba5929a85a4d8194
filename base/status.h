/* base/status.h: how our own functions fail. Faults of the input are data, never a status. */
#ifndef OVERT_BASE_STATUS_H
#define OVERT_BASE_STATUS_H

#define OV_MUST_CHECK __attribute__((warn_unused_result))

enum ov_status {
    OV_OK = 0,
    OV_NOMEM,       /* the system has no memory */
    OV_LIMIT,       /* one of our caps is reached */
    OV_IO,          /* a file or socket failed; errno tells */
    OV_SYNTAX,      /* a policy, option or filter is wrong; the caller has the message */
    OV_UNSUPPORTED, /* understood, but not in this build */
};

/* A constant English text, e.g. "out of memory"; never NULL. */
const char *ov_status_text(enum ov_status status);

#endif
