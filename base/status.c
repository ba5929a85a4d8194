/* base/status.c: the texts of enum ov_status. */
#include "base/status.h"

const char *ov_status_text(enum ov_status status)
{
    switch (status) {
    case OV_OK:
        return "ok";
    case OV_NOMEM:
        return "out of memory";
    case OV_LIMIT:
        return "limit reached";
    case OV_IO:
        return "input/output error";
    case OV_SYNTAX:
        return "syntax error";
    case OV_UNSUPPORTED:
        return "not supported";
    }
    return "unknown status";
}
