/*
 * JSON through jansson: duplicate keys rejected, depth limited, errors with line and column.
 */
#ifndef BASE_JSON_H
#define BASE_JSON_H
#include <jansson.h>
#include <secant/base.h>
#include <secant/options.h>
#include <string.h>

/*
 * Building. jansson's own calls lose what cannot be had: a value that was not allocated, or a name that is no UTF-8, is
 * left out without a word, and what is written then is another file. These remember it for their thread until the text
 * is made: base_json_text is NULL then, and nothing is written. Bytes that are no UTF-8 are kept as "\xff" in text,
 * which no UTF-8 name of a tensor is mistaken for. They stand under jansson's names, so that there is one way to build.
 */
json_t *base_json_string(const char *text);
int base_json_put(json_t *object, const char *key, json_t *value); /* takes the value */
int base_json_append(json_t *array, json_t *value); /* takes the value */
json_t *base_json_made(json_t *j); /* j; NULL is remembered */
#ifndef BASE_JSON_ITSELF
#define json_string base_json_string
#undef json_object_set_new
#define json_object_set_new base_json_put
#undef json_array_append_new
#define json_array_append_new base_json_append
#define json_object_set(object, key, value) base_json_put(object, key, json_incref(value))
#define json_array_append(array, value) base_json_append(array, json_incref(value))
#define json_object() base_json_made(json_object())
#define json_array() base_json_made(json_array())
#define json_integer(n) base_json_made(json_integer(n))
#define json_real(n) base_json_made(json_real(n))
#define json_pack(...) base_json_made(json_pack(__VA_ARGS__))
#define json_loads(text, flags, where) base_json_load(text, strlen(text), flags, where)
#define json_loadb base_json_load
#endif

/* json_loadb: jansson's reader goes on without letters it had no memory for. After secant_guard_memory such a text is
 * refused (json_error_out_of_memory). */
json_t *base_json_load(const char *text, size_t size, size_t flags, json_error_t *where);

/* j, or NULL (and j is freed) where a part of what this thread built was lost: for what is used without being text. */
json_t *base_json_whole(json_t *j);
/* A struct of options as an object; NULL, which is remembered: no memory. */
json_t *base_opts_json(const secant_opts *table, const void *object);

/* `origin` names the text in messages: "config.json:3:14: ...". NULL and err on failure; caller json_decref()s. */
json_t *base_json_parse(const char *text, size_t size, const char *origin, secant_err *err);
json_t *base_json_read(const char *path, secant_err *err); /* files up to 4 GiB */
/* As text: on several lines with that indent, or on one with 0; caller frees with secant_free. NULL: no memory, here or
 * while j was built, or j is NULL. */
char *base_json_text(const json_t *j, int indent);
/* Pretty (indent 2, in insertion order, numbers as short as they read back the same), atomic, ends with a newline. */
secant_status base_json_write(const char *path, const json_t *j, secant_err *err) SECANT_NODISCARD;
#endif
