/* Annotated data sets as `secant info` shows them. */
#ifndef APP_DESCRIBE_SET_H
#define APP_DESCRIBE_SET_H
#include "base/json.h"

/* NULL: no data set of a known format. A set that cannot be read says why under "problem". */
json_t *app_describe_set(const char *path);
#endif
