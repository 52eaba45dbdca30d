/* Line charts as PNG or SVG, for curves of training. */
#ifndef SECANT_TRAIN_CHART_H
#define SECANT_TRAIN_CHART_H
#include <secant/base.h>

typedef struct secant_series { const char *name; const double *x, *y; int n; int axis; } secant_series;   /* axis 0: left, 1: right; NAN: a gap */
typedef struct secant_chart { const char *title, *x_label, *left_label, *right_label; const secant_series *series; int n; bool log_left; } secant_chart;
/* By the extension of path (png, svg), atomic. */
secant_status secant_chart_write(const secant_chart *c, const char *path, secant_err *err) SECANT_NODISCARD;
#endif
