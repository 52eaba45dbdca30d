/* What the verbs of `secant data` share: opening with notes logged, writing with a report, interruption. */
#ifndef TOOLS_DATA_H
#define TOOLS_DATA_H
#include "command.h"
#include <secant/annotations.h>

secant_watch data_watch(const common *c);
secant_dataset *data_open(const char *path, const secant_dataset_reading *reading, const common *c, secant_err *err);
/* After a data set could not be opened: where clouds lie there, err says so instead. */
void data_say_clouds(const char *path, const secant_dataset_reading *reading, secant_err *err);
/* Writes, and prints the report; the status. */
int data_write(secant_dataset *d, const secant_dataset_writing *writing, const common *c, secant_err *err);
void data_report(char *report, const common *c); /* prints and frees; NULL is fine */
/* Without --to-origin VOC numbers are written as --voc-origin says they are read. */
void data_same_origin(const secant_dataset_reading *r, secant_dataset_writing *w);
#endif
