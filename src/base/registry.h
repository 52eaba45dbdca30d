/*
 * Registries: what can be listed. Each kind (operators, encoders, losses, codecs, formats, ...) is a NULL-terminated table of
 * descriptors made of one line each in a list file; this is how `secant list` and `secant doc` walk them without knowing the rooms.
 */
#ifndef SECANT_BASE_REGISTRY_H
#define SECANT_BASE_REGISTRY_H
#include <secant/options.h>

typedef struct secant_entry {
	const char *name, *brief;            /* brief: one line */
	const secant_opts *options;          /* settings or attributes; NULL if none */
} secant_entry;

typedef struct secant_kind {
	const char *name, *title;            /* "operators", "Operators" */
	secant_entry (*entry)(int i);        /* the i-th entry; name NULL after the last */
} secant_kind;
#endif
