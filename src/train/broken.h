/*
 * What is known when a loss is no number: whether weights are none, which first, and who computed their gradients.
 */
#ifndef TRAIN_BROKEN_H
#define TRAIN_BROKEN_H
#include "exec/exec.h"

/* "; weights that are no numbers: decoder.conv1.weight and 2 more: their gradients of the step before were none
 * (bf16, by onednn jit:avx512_core_bf16)", or that all weights are numbers; then what may help, which begins with
 * --precision f32 where that is not the precision already. */
void train_broken_text(const exec_store *store, const exec_plan *plan, char *text, size_t size);
#endif
