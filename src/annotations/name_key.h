/* Names of files that mean the same on the machines of others. */
#ifndef ANN_NAME_KEY_H
#define ANN_NAME_KEY_H
#include "base/mem.h"

/* A key of a name, the same for names that differ in the case of ASCII letters or in how letters with marks are
 * composed; fresh memory, NULL: none. */
char *ann_name_key(const char *name);
#endif
