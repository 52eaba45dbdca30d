/*
 * Registries: what can be listed. Each kind (operators, encoders, losses, codecs, formats, ...) is a table of
 * descriptors made of one line each in a list file; a room shows it as a base_kind, and `secant list` and `secant
 * doc` walk it without knowing the room.
 *
 * To add a kind: define `const base_kind base_kind_NAME` in its room and add KIND(NAME) to src/app/kinds.inc.
 */
#ifndef BASE_REGISTRY_H
#define BASE_REGISTRY_H
#include <secant/info.h>
#include <stddef.h>

typedef struct base_kind {
	const char *name, *title; /* "operators", "Operators" */
	secant_entry (*entry)(int i); /* the i-th entry; name NULL after the last */
} base_kind;

/* "; did you mean 'unet'?" for a name that is near to one of the kind, "" where none is; in text. */
const char *base_kind_near(const base_kind *k, const char *name, char text[100]);
/* "a, b or c" with " or " as `last`, "a, b, c" with "": all names of a kind, cut where the text is full; in text. */
const char *base_kind_list(const base_kind *k, const char *last, char *text, size_t size);
#endif
