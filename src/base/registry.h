/*
 * Registries: what can be listed. Each kind (operators, encoders, losses, codecs, formats, ...) is a table of
 * descriptors made of one line each in a list file; a room shows it as a secant_kind, and `secant list` and `secant
 * doc` walk it without knowing the room.
 *
 * To add a kind: define `const secant_kind secant_kind_NAME` in its room and add KIND(NAME) to src/app/kinds.inc.
 */
#ifndef SECANT_BASE_REGISTRY_H
#define SECANT_BASE_REGISTRY_H
#include <secant/info.h>

typedef struct secant_kind {
	const char *name, *title; /* "operators", "Operators" */
	secant_entry (*entry)(int i); /* the i-th entry; name NULL after the last */
} secant_kind;
#endif
