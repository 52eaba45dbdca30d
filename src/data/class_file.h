/* The names and colours of classes, from a file. */
#ifndef SECANT_DATA_CLASS_FILE_H
#define SECANT_DATA_CLASS_FILE_H
#include <secant/base.h>

typedef struct secant_class_list {
	char **names;
	uint8_t (*colours)[3]; /* NULL: the file has none */
	int n, capacity;
} secant_class_list;

/* *out must be zeroed; empty on failure. Errors name path and line. */
secant_status secant_class_list_read(secant_class_list *out, const char *path, secant_err *err) SECANT_NODISCARD;
void secant_class_list_free(secant_class_list *l);
#endif
