/*
 * Rows of numbers in text, in bulk: XYZ, TXT, CSV, PTS, and the ascii forms of PLY and PCD. Lines are counted first, so
 * that several threads can parse pieces of the text each into its own rows. The usual line goes through one tight loop;
 * whatever that loop does not understand is looked at again, slowly: blank lines, comments, quotes, and the stray
 * control bytes of S3DIS, where a byte such as 0x10 or 0x00 stands for a blank or for nothing, whichever yields the
 * right number of columns.
 */
#include "codec/cloud/decimal.h"
#include "codec/cloud/format.h"
#include <ctype.h>
#include <math.h>
#include <string.h>
#include <strings.h>

enum { LINE_MAX_BYTES = 65536, LINE_ROOM = 1024, PIECE_MIN = 1 << 18, PIECES_MAX = 64 };

/* ---- counting ---- */

/* Line feeds in n bytes: eight at a time, sums kept in the eight bytes of a word for 255 steps. */
static int64_t
count_feeds(const uint8_t *p, size_t n)
{
	const uint64_t ones = 0x0101010101010101u, low = 0x7f7f7f7f7f7f7f7fu, even = 0x00ff00ff00ff00ffu;
	int64_t total = 0;
	while (n >= 8) {
		uint64_t sum = 0;
		size_t steps = n / 8 < 255 ? n / 8 : 255;
		for (size_t i = 0; i < steps; i++, p += 8) {
			uint64_t x;
			memcpy(&x, p, 8);
			x ^= ones * '\n';
			x = ~(((x & low) + low) | x | low);
			sum += x >> 7;
		}
		sum = (sum & even) + (sum >> 8 & even);
		total += (int64_t)(sum * 0x0001000100010001u >> 48);
		n -= steps * 8;
	}
	for (; n; n--)
		total += *p++ == '\n';
	return total;
}

int64_t
cloud_count_lines(const uint8_t *data, size_t at, size_t size)
{
	return at >= size ? 0 : count_feeds(data + at, size - at) + (data[size - 1] != '\n');
}

/* Where the block of at most `max` lines from `at` on ends; *lines is how many it has, an unfinished last one counted.
 */
static size_t
block_end(const uint8_t *data, size_t at, size_t size, int64_t max, int64_t *lines)
{
	enum { STRIDE = 1 << 14 };
	size_t begin = at;
	int64_t n = 0;
	while (at < size && n < max) {
		size_t k = size - at < STRIDE ? size - at : STRIDE;
		int64_t here = count_feeds(data + at, k);
		if (n + here > max)
			break;
		n += here;
		at += k;
	}
	while (at < size && n < max) {
		const uint8_t *feed = memchr(data + at, '\n', size - at);
		n += feed != NULL;
		at = feed ? (size_t)(feed - data) + 1 : size;
	}
	if (at > begin && data[at - 1] != '\n') {
		if (n < max) /* the end of the text */
			n++;
		else /* the beginning of the next line */
			while (data[at - 1] != '\n')
				at--;
	}
	*lines = n;
	return at;
}

/* ---- one row ---- */

/* False when the column's type cannot hold the value. */
static inline bool
store(const cloud_target *t, int64_t row, double v)
{
	if (t->type == SECANT_N_F64) {
		((double *)t->data)[row] = v;
		return true;
	}
	if (t->type == SECANT_N_F32) {
		((float *)t->data)[row] = (float)v;
		return true;
	}
	if (t->type == SECANT_N_U8) {
		int whole = v >= 0 && v <= 255 ? (int)v : -1;
		((uint8_t *)t->data)[row] = (uint8_t)whole;
		return (double)whole == v;
	}
	double lo, hi;
	tensor_number_limits(t->type, &lo, &hi);
	if (!(v >= lo && v <= hi) || v != nearbyint(v))
		return false;
	tensor_number_store((uint8_t *)t->data + (size_t)row * secant_number_size(t->type), t->type, 0, 1, &v);
	return true;
}

/* Whole numbers of 64 bits have digits that a double has not: those are read as such. False: no such number. */
static bool
store_long(const cloud_target *t, int64_t row, const char *p, const char *end)
{
	bool minus = *p == '-';
	uint64_t v = 0, most = t->type == SECANT_N_U64 ? UINT64_MAX : minus ? (uint64_t)INT64_MAX + 1 : INT64_MAX;
	if (end - p > 24 || (minus && t->type == SECANT_N_U64))
		return false;
	for (p += minus || *p == '+'; p < end; p++) {
		uint64_t digit = (uint64_t)(*p - '0');
		if (!isdigit((unsigned char)*p) || v > (most - digit) / 10)
			return false;
		v = v * 10 + digit;
	}
	((uint64_t *)t->data)[row] = minus ? 0 - v : v;
	return true;
}

static inline const char *
blanks(const char *p)
{
	while (*p == ' ' || *p == '\t')
		p++;
	return p;
}

/* Over a field that is no number, in quotes or not. */
static const char *
skip_text(const char *p, char separator)
{
	if (*p == '"')
		for (p++; *p != '"' && *p != '\n'; p++)
			;
	while (*p != '\n' && *p != '\r' && *p != separator && !(separator == ' ' && *p == '\t'))
		p++;
	return p;
}

typedef struct trouble {
	int field;
	double value;
	const char *at;
} trouble;

/* One line that ends in a line feed; its end, or NULL (what is wrong goes to *t). Up to `safe` eight bytes may be read
 * at once. */
static inline const char *
parse_row(const cloud_rows *rows, const char *p, const char *safe, int64_t row, trouble *t)
{
	char separator = rows->separator;
	for (int f = 0; f < rows->fields; f++) {
		const cloud_target *target = &rows->target[f];
		p = blanks(p);
		t->field = f;
		t->at = p;
		if (rows->text && rows->text[f]) {
			p = skip_text(p, separator);
		} else {
			double v;
			const char *end = decimal_parse_within(p, safe, &v);
			t->value = NAN;
			if (!end)
				return NULL;
			bool whole = target->data && (target->type == SECANT_N_I64 || target->type == SECANT_N_U64)
				&& store_long(target, row, p, end);
			if (target->data && !whole && !store(target, row, v)) {
				t->value = v;
				return NULL;
			}
			p = end;
		}
		const char *next = blanks(p);
		t->field = f + 1;
		t->at = p;
		if (f + 1 == rows->fields) {
			p = separator != ' ' && *next == separator ? blanks(next + 1)
													   : next; /* spreadsheets end rows with one more */
		} else if (separator == ' ') {
			if (next == p)
				return NULL;
			p = next;
		} else {
			if (*next != separator)
				return NULL;
			p = next + 1;
		}
	}
	t->at = p;
	p += *p == '\r';
	return *p == '\n' ? p + 1 : NULL;
}

/* Columns of a line, for messages. */
static int
columns_of(const cloud_rows *rows, const char *p)
{
	int n = 0;
	if (rows->separator != ' ') {
		for (n = 1; *p != '\n'; p++)
			n += *p == rows->separator;
		return n;
	}
	for (p = blanks(p); *p != '\n' && *p != '\r'; p = blanks(p)) {
		n++;
		while (*p != '\n' && *p != '\r' && *p != ' ' && *p != '\t')
			p++;
	}
	return n;
}

static secant_status
row_error(const cloud_rows *rows, const char *line, int64_t number, const trouble *t, secant_err *err)
{
	int n = columns_of(rows, line);
	if (n != rows->fields)
		return cloud_fail(rows->name, err, SECANT_ERR_FORMAT, "line %lld has %d column%s, expected %d",
			(long long)number, n, n == 1 ? "" : "s", rows->fields);
	if (t->field < rows->fields && t->value == t->value)
		return cloud_fail(rows->name, err, SECANT_ERR_RANGE, "line %lld, column %d: %g does not fit the type %s",
			(long long)number, t->field + 1, t->value, secant_number_name(rows->target[t->field].type));
	char word[40];
	int k = 0;
	for (const char *p = t->at; k < 30 && *p != '\n' && *p != '\r' && *p != ' ' && *p != rows->separator; p++)
		word[k++] = isprint((unsigned char)*p) ? *p : '?';
	word[k] = '\0';
	return cloud_fail(rows->name, err, SECANT_ERR_FORMAT, "line %lld, column %d: '%s' is no number", (long long)number,
		t->field < rows->fields ? t->field + 1 : rows->fields, word);
}

/* True for a line that holds no point; a count of Leica's is added to *announced. */
static bool
is_empty(const cloud_rows *rows, const char *line, int64_t *announced)
{
	const char *p = blanks(line);
	if (*p == '\n' || *p == '\r' || (rows->comments && *p && strchr(CLOUD_COMMENTS, *p)))
		return true;
	if (!rows->announced || *rows->announced < 0 || rows->fields < 2)
		return false;
	int64_t count = 0;
	while (isdigit((unsigned char)*p) && count < INT64_MAX / 100)
		count = count * 10 + (*p++ - '0');
	p = blanks(p);
	if (p == line || (*p != '\n' && *p != '\r'))
		return false;
	*announced += *announced < INT64_MAX / 2 ? count : 0;
	return true;
}

bool
cloud_is_missing(const char *begin, const char *end, double *v)
{
	static const struct {
		const char *word;
		double value;
	} words[] = {
		{ "", NAN },
		{ "na", NAN },
		{ "n/a", NAN },
		{ "#n/a", NAN },
		{ "null", NAN },
		{ "none", NAN },
		{ "nil", NAN },
		{ "missing", NAN },
		{ "-", NAN },
		{ "--", NAN },
		{ "?", NAN },
		{ "nan(ind)", NAN },
		{ "-nan(ind)", NAN },
		{ "1.#qnan", NAN },
		{ "-1.#qnan", NAN },
		{ "1.#ind", NAN },
		{ "-1.#ind", NAN },
		{ "1.#inf", INFINITY },
		{ "-1.#inf", -INFINITY },
	};
	size_t n = (size_t)(end - begin);
	*v = NAN;
	for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
		*v = words[i].value;
		/* "1.#IND00": as many digits as were asked for */
		size_t length = strlen(words[i].word), upto = n;
		while (upto > length && begin[upto - 1] == '0' && strchr(words[i].word, '.'))
			upto--;
		if (upto == length && !strncasecmp(begin, words[i].word, length))
			return true;
	}
	return false;
}

/* Copies a line field by field with numbers for the words of missing values, E for the exponents of Fortran ("1.5D+02")
 * and nothing for a remark behind the row. Returns the bytes, a line feed last; `room` holds any line. */
static size_t
copy_fields(const cloud_rows *rows, const char *line, char *copy, size_t room, int64_t *missing)
{
	size_t n = 0;
	int field = 0;
	for (const char *p = line; n + LINE_ROOM < room; field++) {
		const char *begin = blanks(p), *end = skip_text(begin, rows->separator), *stop = end;
		while (stop > begin && (stop[-1] == ' ' || stop[-1] == '\t'))
			stop--;
		bool blank = rows->separator == ' ', text = rows->text && field < rows->fields && rows->text[field];
		if (blank && (begin == end || *begin == '#'))
			break;
		double v;
		if (stop - begin > LINE_ROOM / 2)
			break;
		bool open = begin == stop && field < rows->fields && rows->needed && rows->needed[field];
		if (!text && !open && field < rows->fields && cloud_is_missing(begin, stop, &v)) {
			n += (size_t)(decimal_print(copy + n, v) - (copy + n));
			++*missing;
		} else {
			for (const char *q = begin; q < stop; q++) {
				bool exponent = !text && (*q == 'd' || *q == 'D') && q > begin
					&& (isdigit((unsigned char)q[-1]) || q[-1] == '.');
				copy[n++] = exponent ? 'e' : *q;
			}
		}
		copy[n++] = rows->separator;
		p = *end == rows->separator || (blank && *end == '\t') ? end + 1 : end;
		if (*end == '\n' || *end == '\r')
			break;
	}
	n -= n > 0; /* the last separator */
	copy[n++] = '\n';
	return n;
}

/* A second look: 1 when a row was read, 0 for an empty line, negative: status. `line` ends in a line feed. */
static int
repair_row(const cloud_rows *rows, const char *line, size_t length, int64_t row, int64_t number, char *copy,
	int64_t *announced, int64_t *missing, secant_err *err)
{
	trouble t = { 0 }, ignored;
	if (is_empty(rows, line, announced))
		return 0;
	if (parse_row(rows, line, NULL, row, &t))
		return 1;
	for (int attempt = 0; attempt < 2; attempt++) {
		size_t n = 0;
		for (size_t i = 0; i + 1 < length; i++) {
			unsigned char c = (unsigned char)line[i];
			bool stray = (c < ' ' && c != '\t' && c != '\r') || c == 0x7f || c == '"';
			if (!stray)
				copy[n++] = (char)c;
			else if (attempt == 0 && c != '"' && rows->separator == ' ')
				copy[n++] = ' ';
		}
		copy[n] = '\n';
		if (parse_row(rows, copy, NULL, row, &ignored))
			return 1;
	}
	int64_t gaps = 0;
	if (rows->missing && length < LINE_MAX_BYTES / 2) {
		(void)copy_fields(rows, line, copy, LINE_MAX_BYTES, &gaps);
		if (parse_row(rows, copy, NULL, row, &ignored)) {
			*missing += gaps;
			return 1;
		}
	}
	return row_error(rows, line, number, &t, err);
}

/* ---- pieces ---- */

typedef struct piece {
	size_t begin, end; /* whole lines; the last may lack its line feed */
	int64_t first_row, lines, rows;
	int64_t line; /* number of the line before the first */
	int64_t announced, missing; /* counts between the rows; values */
	secant_err err;
} piece;

static secant_status
parse_piece(const cloud_rows *rows, const uint8_t *data, piece *k)
{
	char *copy = NULL;
	const char *p = (const char *)data + k->begin, *end = (const char *)data + k->end;
	const char *safe = k->end - k->begin >= 8 ? end - 8 : NULL;
	trouble t;
	secant_status s = SECANT_OK;
	for (int64_t number = k->line + 1; !s && p < end; number++) {
		bool open_end = k->end > k->begin && end[-1] != '\n' && number == k->line + k->lines;
		const char *next = open_end ? NULL : parse_row(rows, p, safe, k->first_row + k->rows, &t);
		if (next) {
			k->rows++;
			p = next;
			continue;
		}
		const char *feed = memchr(p, '\n', (size_t)(end - p));
		size_t length = feed ? (size_t)(feed - p) + 1 : (size_t)(end - p);
		if (length > LINE_MAX_BYTES) {
			s = cloud_fail(rows->name, &k->err, SECANT_ERR_FORMAT, "line %lld is longer than %d bytes",
				(long long)number, LINE_MAX_BYTES);
			break;
		}
		if (!copy && !(copy = secant_calloc(2 * LINE_MAX_BYTES + 16, 1))) {
			s = secant_fail(&k->err, SECANT_ERR_NOMEM, "%s: no memory", rows->name);
			break;
		}
		char *line = copy + LINE_MAX_BYTES + 8;
		memcpy(line, p, length);
		if (!feed)
			line[length++] = '\n';
		int got = repair_row(
			rows, line, length, k->first_row + k->rows, number, copy, &k->announced, &k->missing, &k->err);
		k->rows += got > 0;
		s = got < 0 ? (secant_status)got : SECANT_OK;
		p = feed ? feed + 1 : end;
	}
	secant_free(copy);
	return s;
}

/* Cuts a block of `lines` lines into pieces of about the same number of bytes at line ends. */
static int
cut(piece *k, const uint8_t *data, size_t begin, size_t end, int64_t lines, int64_t line, int threads)
{
	int n = (end - begin) / PIECE_MIN < (size_t)threads ? (int)((end - begin) / PIECE_MIN) : threads;
	n = n < 1 ? 1 : n > PIECES_MAX ? PIECES_MAX : n;
	int64_t row = 0;
	size_t at = begin;
	for (int i = 0; i < n; i++) {
		size_t upto = end;
		if (i + 1 < n) {
			upto = begin + (end - begin) / (size_t)n * (size_t)(i + 1);
			upto = upto < at ? at : upto;
			const uint8_t *feed = memchr(data + upto, '\n', end - upto);
			upto = feed ? (size_t)(feed - data) + 1 : end;
		}
		k[i] = (piece){ .begin = at, .end = upto, .first_row = row, .line = line + row };
		k[i].lines = n == 1 ? lines : cloud_count_lines(data, at, upto);
		row += k[i].lines;
		at = upto;
	}
	return n;
}

secant_status
cloud_rows_parse(const cloud_rows *rows, const uint8_t *data, size_t size, size_t *at, int64_t *line, int64_t max,
	int threads, int64_t *n, secant_err *err)
{
	piece pieces[PIECES_MAX];
	int64_t lines;
	size_t end = block_end(data, *at, size, max, &lines);
	int count = cut(pieces, data, *at, end, lines, *line, threads);
#pragma omp parallel for num_threads(count) if (count > 1) schedule(static, 1)
	for (int i = 0; i < count; i++)
		(void)parse_piece(rows, data, &pieces[i]);
	int64_t filled = 0;
	for (int i = 0; i < count; i++) {
		const piece *k = &pieces[i];
		if (k->err.code)
			return secant_fail(err, k->err.code, "%s", k->err.msg);
		for (int f = 0; f < rows->fields && filled < k->first_row && k->rows; f++) {
			size_t bytes = secant_number_size(rows->target[f].type);
			uint8_t *to = rows->target[f].data;
			if (to)
				memmove(to + (size_t)filled * bytes, to + (size_t)k->first_row * bytes, (size_t)k->rows * bytes);
		}
		filled += k->rows;
		if (rows->missing)
			*rows->missing += k->missing;
		if (k->announced && *rows->announced < INT64_MAX / 2)
			*rows->announced += k->announced;
	}
	*at = end;
	*line += lines;
	*n = filled;
	return SECANT_OK;
}

void
cloud_outgrows_floats(const secant_cloud_reader *r, int fields, bool *outgrown)
{
	enum { LOOK = 1000, WORD = 64 };
	size_t at = r->at;
	memset(outgrown, 0, (size_t)fields * sizeof *outgrown);
	for (int line = 0; line < LOOK && at < r->size; line++) {
		const uint8_t *feed = memchr(r->data + at, '\n', r->size - at);
		size_t end = feed ? (size_t)(feed - r->data) : r->size;
		for (int k = 0; at < end && k < fields; k++) {
			char word[WORD + 1];
			size_t n = 0;
			while (at < end && r->data[at] <= ' ')
				at++;
			for (; at < end && r->data[at] > ' '; at++)
				if (n < WORD)
					word[n++] = (char)r->data[at];
			word[n] = '\0';
			outgrown[k] |= decimal_outgrows_float(word);
		}
		at = end + 1;
	}
}

void
cloud_say_outgrown(const secant_cloud_reader *r, const char *name)
{
	secant_log(&r->opt.logger, SECANT_LOG_INFO,
		"%s: '%s' is called float, but its text has more digits than floats hold: taken as double", r->name, name);
}
