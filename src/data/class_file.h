/* The names and colours of classes, from a file. */
#ifndef DATA_CLASS_FILE_H
#define DATA_CLASS_FILE_H
#include <secant/base.h>

enum { DATA_CLASS_IGNORED = -1 };

typedef struct data_class_line {
	int class; /* DATA_CLASS_IGNORED: its pixels are left out, and the network has no output for it */
	uint8_t rgb[3];
} data_class_line;

typedef struct data_class_list {
	char **names;
	uint8_t (*colours)[3]; /* NULL: the file has none */
	int n, capacity;
	data_class_line *line; /* as they stand in the file: the number of a line is the value of its pixels */
	int lines;
} data_class_list;

/* *out must be zeroed; empty on failure. Errors name path and line. */
secant_status data_class_list_read(data_class_list *out, const char *path, secant_err *err) SECANT_NODISCARD;
/* Is the file a table whose first line says that it lists classes: "name,r,g,b", or "Pixel Value, Class"? */
bool data_class_list_is_table(const char *path);
void data_class_list_free(data_class_list *l);
#endif
