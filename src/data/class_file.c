/*
 * The class file: a line a class, in the order of their indices: NAME [R G B] [ignore], with blanks, tabs or commas
 * between. Names may hold blanks; blank lines and lines that start with # are passed over, and so is the first line
 * "name,r,g,b". After a first line "Pixel Value, Class" lines are NUMBER, NAME, from 0 on. Either every line has a
 * colour or none. Lines that end in the word ignore are no classes: their pixels are left out.
 */
#include "data/class_file.h"
#include "base/file.h"
#include "base/mem.h"
#include "base/number.h"
#include <string.h>
#include <strings.h>

enum { LONGEST_FILE = 1 << 22 };

/* Cuts the last blank-separated word off *n bytes of `line`; its number, or -1 when it is no byte. */
static int
last_byte(const char *line, size_t *n)
{
	size_t end = *n;
	while (end > 0 && (line[end - 1] == ' ' || line[end - 1] == '\t' || line[end - 1] == ','))
		end--;
	size_t start = end;
	while (start > 0 && !strchr(" \t,", line[start - 1]))
		start--;
	char word[8];
	if (start == 0 || end - start == 0 || end - start > 3)
		return -1;
	memcpy(word, line + start, end - start);
	word[end - start] = '\0';
	long long v;
	if (!base_int_parse(word, &v) || v < 0 || v > 255)
		return -1;
	*n = start;
	return (int)v;
}

/* Takes the word ignore off the end of a line of n bytes, when something stands before it. */
static bool
takes_ignore(const char *line, size_t *n)
{
	static const char word[] = "ignore";
	size_t end = *n, k = sizeof word - 1;
	while (end && strchr(" \t,", line[end - 1]))
		end--;
	if (end <= k || strncasecmp(line + end - k, word, k) || !strchr(" \t,", line[end - k - 1]))
		return false;
	for (end -= k; end && strchr(" \t,", line[end - 1]);)
		end--;
	*n = end ? end : *n;
	return end > 0;
}

/* Makes room for one more line and, at the end of the classes, one more class. */
static secant_status
make_room(data_class_list *out, bool coloured, const char *path, secant_err *err)
{
	if (out->lines < out->capacity)
		return SECANT_OK;
	int capacity = out->capacity ? 2 * out->capacity : 16;
	char **names = base_realloc(out->names, (size_t)capacity, sizeof *names);
	out->names = names ? names : out->names;
	data_class_line *line = base_realloc(out->line, (size_t)capacity, sizeof *line);
	out->line = line ? line : out->line;
	uint8_t(*colours)[3] = coloured ? base_realloc(out->colours, (size_t)capacity, sizeof *colours) : NULL;
	out->colours = colours ? colours : out->colours;
	if (!names || !line || (coloured && !colours))
		return secant_fail(err, SECANT_ERR_NOMEM, "%s: no memory for %d classes", path, capacity);
	out->capacity = capacity;
	return SECANT_OK;
}

static secant_status
add_class(data_class_list *out, const char *line, const char *path, int number, secant_err *err)
{
	size_t n = strlen(line);
	bool ignored = takes_ignore(line, &n);
	size_t whole = n;
	int b = last_byte(line, &n), g = b < 0 ? -1 : last_byte(line, &n), r = g < 0 ? -1 : last_byte(line, &n);
	if (r < 0)
		n = whole;
	while (n > 0 && strchr(" \t,", line[n - 1]))
		n--;
	if (out->lines > 0 && (out->colours != NULL) != (r >= 0))
		return secant_fail(err, SECANT_ERR_FORMAT,
			"%s:%d: '%.100s' has %s colour, unlike the lines before; expected NAME R G B in all or in none", path,
			number, line, r < 0 ? "no" : "a");
	secant_status s = make_room(out, r >= 0, path, err);
	if (s)
		return s;
	data_class_line *to = &out->line[out->lines];
	*to = (data_class_line){ ignored ? DATA_CLASS_IGNORED : out->n, { (uint8_t)r, (uint8_t)g, (uint8_t)b } };
	for (int i = 0; r >= 0 && i < out->lines; i++)
		if (!memcmp(out->line[i].rgb, to->rgb, 3))
			return secant_fail(err, SECANT_ERR_FORMAT, "%s:%d: colour (%d, %d, %d) stands for '%s' already", path,
				number, r, g, b, out->line[i].class >= 0 ? out->names[out->line[i].class] : "ignore");
	out->lines++;
	if (ignored)
		return SECANT_OK;
	if (r >= 0)
		memcpy(out->colours[out->n], to->rgb, 3);
	out->names[out->n] = base_strndup(line, n);
	if (!out->names[out->n])
		return secant_fail(err, SECANT_ERR_NOMEM, "%s: no memory", path);
	out->n++;
	return SECANT_OK;
}

/* What the first line says: class_dict.csv of many sets, _classes.csv of Roboflow's masks. */
typedef enum class_header { NO_HEADER, COLOURED, NUMBERED } class_header;
static class_header
header_of(const char *line)
{
	return !strcasecmp(line, "name,r,g,b") ? COLOURED : !strcasecmp(line, "Pixel Value, Class") ? NUMBERED : NO_HEADER;
}

bool
data_class_list_is_table(const char *path)
{
	uint8_t head[40] = { 0 };
	size_t got = 0;
	uint64_t whole;
	if (!secant_is_file(path) || base_file_head(path, head, sizeof head - 1, &got, &whole, NULL))
		return false;
	head[strcspn((char *)head, "\r\n")] = '\0';
	return header_of((char *)head) != NO_HEADER;
}

/* "3, name" of class 3: the name is left. */
static secant_status
take_number(char **line, int expected, const char *path, int number, secant_err *err)
{
	char *comma = strchr(*line, ',');
	long long v = -1;
	if (comma)
		*comma = '\0';
	if (!comma || !base_int_parse(*line, &v) || v != expected)
		return secant_fail(err, SECANT_ERR_FORMAT, "%s:%d: the row of pixel value %d should stand here: %d, NAME", path,
			number, expected, expected);
	*line = comma + 1 + strspn(comma + 1, " \t");
	return SECANT_OK;
}

void
data_class_list_free(data_class_list *l)
{
	for (int i = 0; i < l->n; i++)
		secant_free(l->names[i]);
	secant_free(l->names);
	secant_free(l->colours);
	secant_free(l->line);
	*l = (data_class_list){ 0 };
}

secant_status
data_class_list_read(data_class_list *out, const char *path, secant_err *err)
{
	char *text = NULL;
	size_t size = 0;
	secant_status s = secant_file_read(&text, &size, path, LONGEST_FILE, err);
	if (s)
		return s;
	int number = 1;
	bool numbered = false;
	char *line = text + (size >= 3 && !memcmp(text, "\xef\xbb\xbf", 3) ? 3 : 0);
	for (char *end; !s && line; line = end, number++) {
		end = strchr(line, '\n');
		if (end)
			*end++ = '\0';
		line[strcspn(line, "\r")] = '\0';
		line += strspn(line, " \t");
		bool header = number == 1 && header_of(line) != NO_HEADER;
		if (header)
			numbered = header_of(line) == NUMBERED;
		else if (numbered && *line)
			s = take_number(&line, out->lines, path, number, err);
		if (!s && *line && !base_is_comment(line, strlen(line)) && !header)
			s = add_class(out, line, path, number, err);
	}
	secant_free(text);
	if (!s && !out->n)
		s = secant_fail(err, SECANT_ERR_FORMAT, "%s: no classes; expected a line each: NAME [R G B]", path);
	if (s)
		data_class_list_free(out);
	return s;
}
