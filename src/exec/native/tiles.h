/*
 * Gradients of weights in tiles: what tests ask for.
 */
#ifndef EXEC_NATIVE_TILES_H
#define EXEC_NATIVE_TILES_H
#include <stdbool.h>

/* Where the CPU has no AMX, take the model of its tiles in C, thousands of times slower, instead of another
 * implementation. Tests set it; nothing else writes it. */
extern bool exec_tiles_by_model;
#endif
