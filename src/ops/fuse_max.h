/* The second half of secant_pass_fuse: layers on points whose maximum is all that is read. See fuse_max.c. */
#ifndef SECANT_OPS_FUSE_MAX_H
#define SECANT_OPS_FUSE_MAX_H
#include "ops/rules.h"

secant_graph *secant_pass_fuse_max(const secant_graph *g, secant_value *keep, int n, secant_err *err);
#endif
