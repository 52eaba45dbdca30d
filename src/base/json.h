/*
 * JSON through jansson: duplicate keys rejected, depth limited, errors with line and column.
 */
#ifndef SECANT_BASE_JSON_H
#define SECANT_BASE_JSON_H
#include <jansson.h>
#include <secant/base.h>

/* `origin` names the text in messages: "config.json:3:14: ...". NULL and err on failure; caller json_decref()s. */
json_t *secant_json_parse(const char *text, size_t size, const char *origin, secant_err *err);
json_t *secant_json_read(const char *path, secant_err *err); /* files up to 4 GiB */
/* As text: on several lines with that indent, or on one with 0; caller frees with secant_free. NULL: no memory, or j is
 * NULL. */
char *secant_json_text(const json_t *j, int indent);
/* Pretty (indent 2, in insertion order, numbers as short as they read back the same), atomic, ends with a newline. */
secant_status secant_json_write(const char *path, const json_t *j, secant_err *err) SECANT_NODISCARD;
#endif
