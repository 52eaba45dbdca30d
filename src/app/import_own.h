/* `import` of a model that secant itself wrote (import_own.c). */
#ifndef APP_IMPORT_OWN_H
#define APP_IMPORT_OWN_H
#include <secant/model.h>

/* The model file that `path` is, or that is the best of a run folder; fresh text. NULL: it is none. */
char *app_import_own_file(const char *path);
/* Writes the model anew with what the options say it should remember; all else stays. ARG: options that say it is
 * another network than it is. */
secant_status app_import_own(
	const char *model, const secant_import *o, const char *out, secant_err *err) SECANT_NODISCARD;
#endif
