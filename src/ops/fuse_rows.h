/* The last part of secant_pass_fuse: layers on points of balls, of which a maximum is all that is read. See
 * fuse_rows.c. */
#ifndef SECANT_OPS_FUSE_ROWS_H
#define SECANT_OPS_FUSE_ROWS_H
#include "ops/rules.h"

secant_graph *secant_pass_fuse_rows(const secant_graph *g, bool gradients, secant_value *keep, int n, secant_err *err);
#endif
