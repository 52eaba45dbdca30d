/* What a network answers (mode) and takes (kind): the words of options, messages and model files, in one table each. */
#ifndef BASE_MODE_H
#define BASE_MODE_H
#include <secant/info.h>

/* One class or none; one of several classes; each class by itself. */
typedef enum base_mode { BASE_MODE_BINARY, BASE_MODE_MULTICLASS, BASE_MODE_MULTILABEL } base_mode;
const char *base_mode_name(base_mode m);
bool base_mode_find(const char *name, base_mode *m); /* NULL is none */
/* An error that lists the modes. */
secant_status base_mode_unknown(const char *name, secant_err *err);

const char *base_network_kind_name(secant_network_kind k); /* "pictures" */
bool base_network_kind_find(const char *name, secant_network_kind *k); /* NULL is none */
#endif
