/*
 * MindIR to ONNX, within this folder: to_onnx.c writes the model, operators.c its nodes.
 */
#ifndef FORMAT_MINDIR_TRANSLATOR_H
#define FORMAT_MINDIR_TRANSLATOR_H
#include "formats/mindir/mindir.h"
#include "formats/onnx/onnx.h"

typedef struct format_mindir_translator {
	format_mindir_model *m;
	base_str graph, problems;
	int serial, n_problems;
	const format_mindir_node *node; /* the one at hand */
} format_mindir_translator;

/* Notes what cannot be translated of the node at hand; `why` nullable. */
void format_mindir_problem(format_mindir_translator *t, const char *why);

/* ---- pieces of ONNX ---- */
/* A name that nothing has. */
const char *format_mindir_fresh_name(format_mindir_translator *t, const char *what);
/* Attributes of a node; `list`: as a list, also of one. */
void format_mindir_attr_ints(base_str *node, const char *name, int n, const int64_t *v, bool list);
void format_mindir_attr_int(base_str *node, const char *name, int64_t v);
void format_mindir_attr_real(base_str *node, const char *name, double v);
void format_mindir_attr_text(base_str *node, const char *name, const char *v);
/* Takes the attributes (nullable). */
void format_mindir_put_node(
	format_mindir_translator *t, const char *op, const char *out, int n, const char *const *in, base_str *attrs);
void format_mindir_put_initializer(
	format_mindir_translator *t, const char *name, int type, int rank, const int64_t *dim, const void *data, size_t n);
/* The name of a tensor of these whole numbers. */
const char *format_mindir_integers_name(format_mindir_translator *t, int n, const int64_t *v);

/* ---- what nodes read ---- */
/* The node that makes a value; NULL: none does. */
const format_mindir_node *format_mindir_node_of(const format_mindir_translator *t, const char *name);
bool format_mindir_node_is(const format_mindir_node *n, const char *op);
/* Through nodes that only order effects or pick from a tuple, to who makes the tensor; "" where nobody does. */
const char *format_mindir_source(const format_mindir_translator *t, const char *name);
/* A setting: input k where it is a constant, else the primitive's attribute. */
const format_mindir_attr *format_mindir_setting(const format_mindir_translator *t, int k, const char *name);
int64_t format_mindir_integer_of(const format_mindir_translator *t, int k, const char *name, int64_t otherwise);
double format_mindir_real_of(const format_mindir_translator *t, int k, const char *name, double otherwise);
/* Input k of the node at hand, and what it gives, by their names in ONNX. */
const char *format_mindir_input_name(format_mindir_translator *t, int k);
const char *format_mindir_result_name(const format_mindir_translator *t);

/* ---- operators.c ---- */
/* The node at hand. */
void format_mindir_put_operator(format_mindir_translator *t);
/* ONNX's number of a type, by MindSpore's. */
int format_mindir_type_of(int64_t id);
#endif
