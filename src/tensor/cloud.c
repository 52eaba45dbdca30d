/*
 * The cloud: columns of numbers of one length, the first three being x, y, z. Names of what columns mean are in the
 * table of roles.
 */
#include "base/mem.h"
#include "tensor/columns.h"
#include <ctype.h>
#include <math.h>
#include <string.h>
#include <strings.h>

enum { MAX_COLUMNS = 4096, BLOCK = 512 };

/* Every name a role goes by, the one we write first, as tensor_name_plain leaves it. */
static const struct {
	secant_cloud_role_name role;
	const char *names;
} roles[] = {
	{ SECANT_ROLE_X, "x|coordx|xcoord|xcoordinate|positionx|posx|pointx|easting" },
	{ SECANT_ROLE_Y, "y|coordy|ycoord|ycoordinate|positiony|posy|pointy|northing" },
	{ SECANT_ROLE_Z, "z|coordz|zcoord|zcoordinate|positionz|posz|pointz|elevation|altitude" },
	{ SECANT_ROLE_NX, "nx|normalx|xnormal" },
	{ SECANT_ROLE_NY, "ny|normaly|ynormal" },
	{ SECANT_ROLE_NZ, "nz|normalz|znormal" },
	{ SECANT_ROLE_RED, "red|r|diffusered|rf|colorred|colourred" },
	{ SECANT_ROLE_GREEN, "green|g|diffusegreen|gf|colorgreen|colourgreen" },
	{ SECANT_ROLE_BLUE, "blue|b|diffuseblue|bf|colorblue|colourblue" },
	{ SECANT_ROLE_ALPHA, "alpha|a" },
	{ SECANT_ROLE_INTENSITY, "intensity|i|reflectance|reflectivity|remission|laserintensity|amplitude" },
	{ SECANT_ROLE_LABEL,
		/* "class" first: beside it "label" is a number of objects (Paris-Lille-3D) */
		"class|label|labels|classification|category|part|seg|segment|semantic|semanticlabel|semclass|semlabel|classid|"
		"labelid|groundtruth|pointclass|cls|gt|gtlabel|semanticclass|semanticid|classlabel|classcode|classnumber" },
	{ SECANT_ROLE_PREDICTION, "prediction|predicted|pred" },
	{ SECANT_ROLE_CONFIDENCE, "confidence|probability|prob|score|partprob" },
	{ SECANT_ROLE_TIME, "gpstime|time|timestamp|gpstimestamp|adjustedgpstime|adjustedstandardgpstime" },
};

const char *
tensor_name_plain(const char *name, char *out, size_t room)
{
	size_t n = 0;
	if (!strncasecmp(name, "scalar_", 7))
		name += 7;
	for (; *name && *name != '[' && *name != '(' && n + 1 < room; name++)
		if (!strchr(" _-./#", *name))
			out[n++] = (char)tolower((unsigned char)*name);
	out[n] = '\0';
	return out;
}

bool
tensor_name_listed(const char *list, const char *plain)
{
	size_t n = strlen(plain);
	for (const char *p = list; n && *p;) {
		size_t length = strcspn(p, "|");
		if (length == n && !memcmp(p, plain, n))
			return true;
		p += length + (p[length] == '|');
	}
	return false;
}

secant_cloud_role_name
secant_role_of(const char *name)
{
	char plain[TENSOR_PLAIN_NAME];
	(void)tensor_name_plain(name, plain, sizeof plain);
	for (size_t i = 0; i < sizeof roles / sizeof *roles; i++)
		if (tensor_name_listed(roles[i].names, plain))
			return roles[i].role;
	return SECANT_ROLE_COUNT;
}

int
tensor_cloud_listed(const secant_cloud *c, const char *list)
{
	for (const char *p = list; *p;) {
		size_t length = strcspn(p, "|");
		for (int i = 3; i < c->columns; i++) {
			char plain[TENSOR_PLAIN_NAME];
			(void)tensor_name_plain(c->column[i].name, plain, sizeof plain);
			if (strlen(plain) == length && !memcmp(p, plain, length))
				return i;
		}
		p += length + (p[length] == '|');
	}
	return -1;
}

int
secant_cloud_role(const secant_cloud *c, secant_cloud_role_name role)
{
	if (role >= SECANT_ROLE_COUNT)
		return -1;
	if (role <= SECANT_ROLE_Z)
		return c->columns > (int)role ? (int)role : -1;
	return tensor_cloud_listed(c, roles[role].names);
}

secant_status
secant_cloud_new(secant_cloud *c, secant_number coordinates, secant_err *err)
{
	*c = (secant_cloud){ 0 };
	if (!tensor_number_is_real(coordinates))
		return secant_fail(
			err, SECANT_ERR_ARG, "cloud: coordinates are f32 or f64, not %s", secant_number_name(coordinates));
	for (int i = 0; i < 3; i++) {
		int at = secant_cloud_add(c, (const char *const[]){ "x", "y", "z" }[i], coordinates, err);
		if (at < 0) {
			secant_cloud_free(c);
			return (secant_status)at;
		}
	}
	return SECANT_OK;
}

void
secant_cloud_free(secant_cloud *c)
{
	for (int i = 0; i < c->columns; i++) {
		secant_free(c->column[i].name);
		secant_free(c->column[i].data);
	}
	secant_free(c->column);
	for (int i = 0; i < c->records; i++)
		secant_free(c->record[i].data);
	secant_free(c->record);
	*c = (secant_cloud){ 0 };
}

secant_status
secant_cloud_reserve(secant_cloud *c, int64_t capacity, secant_err *err)
{
	if (capacity <= c->capacity)
		return SECANT_OK;
	for (int i = 0; i < c->columns; i++) {
		secant_column *k = &c->column[i];
		void *p = base_realloc(k->data, (size_t)capacity, secant_number_size(k->type));
		if (!p)
			return secant_fail(err, SECANT_ERR_NOMEM, "cloud: no memory for %lld points", (long long)capacity);
		k->data = p;
	}
	c->capacity = capacity;
	return SECANT_OK;
}

int
secant_cloud_find(const secant_cloud *c, const char *name)
{
	for (int i = 0; i < c->columns; i++)
		if (!strcmp(c->column[i].name, name))
			return i;
	return -1;
}

int
secant_cloud_add(secant_cloud *c, const char *name, secant_number type, secant_err *err)
{
	size_t length = strlen(name);
	if (length < 1 || length > 255)
		return secant_fail(err, SECANT_ERR_ARG, "cloud: a column name has %zu bytes, expected 1 to 255", length);
	if (secant_cloud_find(c, name) >= 0)
		return secant_fail(err, SECANT_ERR_ARG, "cloud: there is a column '%s' already", name);
	if (c->columns >= MAX_COLUMNS)
		return secant_fail(err, SECANT_ERR_RANGE, "cloud: more than %d columns", MAX_COLUMNS);
	secant_column *grown = base_realloc(c->column, (size_t)c->columns + 1, sizeof *grown);
	if (grown)
		c->column = grown;
	secant_column k = {
		.name = base_strdup(name),
		.type = type,
		.data = secant_calloc((size_t)c->capacity, secant_number_size(type)),
	};
	if (!grown || !k.name || !k.data) {
		secant_free(k.name);
		secant_free(k.data);
		return secant_fail(err, SECANT_ERR_NOMEM, "cloud: no memory for column '%s'", name);
	}
	c->column[c->columns] = k;
	return c->columns++;
}

void
secant_cloud_remove(secant_cloud *c, int i)
{
	if (i < 3 || i >= c->columns)
		return;
	secant_free(c->column[i].name);
	secant_free(c->column[i].data);
	memmove(&c->column[i], &c->column[i + 1], (size_t)(c->columns - i - 1) * sizeof *c->column);
	c->columns--;
}

double
secant_cloud_get(const secant_cloud *c, int i, int64_t p)
{
	double v;
	tensor_number_load(&v, tensor_column_at(&c->column[i], p), c->column[i].type, 0, 1);
	return v;
}

void
secant_cloud_set(const secant_cloud *c, int i, int64_t p, double v)
{
	tensor_number_store(tensor_column_at(&c->column[i], p), c->column[i].type, 0, 1, &v);
}

void
secant_cloud_doubles(const secant_cloud *c, int i, int64_t first, int64_t count, double *out)
{
	const secant_column *k = &c->column[i];
	tensor_number_load(out, tensor_column_at(k, first), k->type, secant_number_size(k->type), count);
}

void
secant_cloud_positions(const secant_cloud *c, const double *origin, float *out)
{
	double v[BLOCK];
	for (int axis = 0; axis < 3; axis++) {
		double o = origin ? origin[axis] : 0;
		for (int64_t first = 0; first < c->n; first += BLOCK) {
			int64_t k = c->n - first < BLOCK ? c->n - first : BLOCK;
			secant_cloud_doubles(c, axis, first, k, v);
			for (int64_t i = 0; i < k; i++)
				out[3 * (first + i) + axis] = (float)(v[i] - o);
		}
	}
}

secant_status
secant_cloud_integers(const secant_cloud *c, int i, int32_t *out, secant_err *err)
{
	double v[BLOCK];
	for (int64_t first = 0; first < c->n; first += BLOCK) {
		int64_t k = c->n - first < BLOCK ? c->n - first : BLOCK;
		secant_cloud_doubles(c, i, first, k, v);
		for (int64_t j = 0; j < k; j++) {
			if (!(v[j] >= INT32_MIN && v[j] <= INT32_MAX) || v[j] != nearbyint(v[j]))
				return secant_fail(err, SECANT_ERR_RANGE, "column '%s', point %lld: %g is no whole number of 32 bits",
					c->column[i].name, (long long)(first + j), v[j]);
			out[first + j] = (int32_t)v[j];
		}
	}
	return SECANT_OK;
}

static secant_status
copy_records(secant_cloud *to, const secant_cloud *from, secant_err *err)
{
	to->record = from->records ? secant_calloc((size_t)from->records, sizeof *to->record) : NULL;
	bool ok = to->record || !from->records;
	for (int i = 0; ok && i < from->records; i++) {
		to->record[i] = from->record[i];
		to->record[i].data = secant_calloc(from->record[i].size, 1);
		to->records = i + 1;
		if (!to->record[i].data)
			ok = false;
		else if (from->record[i].size)
			memcpy(to->record[i].data, from->record[i].data, from->record[i].size);
	}
	return ok ? SECANT_OK : secant_fail(err, SECANT_ERR_NOMEM, "cloud: no memory for %d records", from->records);
}

secant_status
secant_cloud_like(secant_cloud *to, const secant_cloud *from, secant_err *err)
{
	*to = (secant_cloud){ .wkt = from->wkt, .gps_standard = from->gps_standard, .las = from->las, .view = from->view };
	memcpy(to->scale, from->scale, sizeof to->scale);
	memcpy(to->offset, from->offset, sizeof to->offset);
	secant_status s = copy_records(to, from, err);
	for (int i = 0; !s && i < from->columns; i++) {
		int at = secant_cloud_add(to, from->column[i].name, from->column[i].type, err);
		s = at < 0 ? (secant_status)at : SECANT_OK;
	}
	if (s)
		secant_cloud_free(to);
	return s;
}

secant_status
secant_cloud_take(secant_cloud *to, const secant_cloud *from, const int64_t *index, int64_t count, secant_err *err)
{
	secant_status s = secant_cloud_like(to, from, err);
	for (int64_t i = 0; !s && i < count; i++)
		if (index[i] < 0 || index[i] >= from->n)
			s = secant_fail(err, SECANT_ERR_RANGE, "cloud: point %lld is outside 0 to %lld", (long long)index[i],
				(long long)from->n - 1);
	if (!s)
		s = secant_cloud_reserve(to, count, err);
	for (int k = 0; !s && k < from->columns; k++) {
		size_t size = secant_number_size(from->column[k].type);
		for (int64_t i = 0; i < count; i++)
			memcpy(tensor_column_at(&to->column[k], i), tensor_column_at(&from->column[k], index[i]), size);
	}
	if (s)
		secant_cloud_free(to);
	else
		to->n = count;
	return s;
}

static void
span_add(struct secant_cloud_span *span, const secant_cloud *c, int i)
{
	double v[BLOCK];
	for (int64_t first = 0; first < c->n; first += BLOCK) {
		int64_t k = c->n - first < BLOCK ? c->n - first : BLOCK;
		secant_cloud_doubles(c, i, first, k, v);
		for (int64_t j = 0; j < k; j++) {
			if (!isfinite(v[j])) {
				span->bad++;
				span->integral = false;
				continue;
			}
			span->lo = v[j] < span->lo ? v[j] : span->lo;
			span->hi = v[j] > span->hi ? v[j] : span->hi;
			span->integral &= v[j] == tensor_round_even(v[j]);
		}
	}
}

bool
secant_cloud_range(const secant_cloud *c, int i, double *lo, double *hi)
{
	struct secant_cloud_span span = { .lo = INFINITY, .hi = -INFINITY };
	span_add(&span, c, i);
	*lo = span.lo;
	*hi = span.hi;
	return span.lo <= span.hi;
}

secant_status
secant_cloud_survey_add(secant_cloud_survey *s, const secant_cloud *c, secant_err *err)
{
	if (!s->span) {
		s->span = secant_calloc((size_t)c->columns, sizeof *s->span);
		if (!s->span)
			return secant_fail(err, SECANT_ERR_NOMEM, "cloud: no memory for %d ranges", c->columns);
		s->columns = c->columns;
		for (int i = 0; i < c->columns; i++)
			s->span[i] = (struct secant_cloud_span){ .lo = INFINITY, .hi = -INFINITY, .integral = true };
	}
	if (s->columns != c->columns)
		return secant_fail(
			err, SECANT_ERR_ARG, "cloud: a survey of %d columns was given a cloud with %d", s->columns, c->columns);
	for (int i = 0; i < c->columns; i++)
		span_add(&s->span[i], c, i);
	s->n += c->n;
	return SECANT_OK;
}

void
secant_cloud_survey_free(secant_cloud_survey *s)
{
	secant_free(s->span);
	*s = (secant_cloud_survey){ 0 };
}

double
secant_cloud_colour_range(const secant_cloud *c)
{
	double most = 0, lo, hi;
	secant_number type = SECANT_N_U8;
	for (int k = 0; k < 3; k++) {
		int i = secant_cloud_role(c, (secant_cloud_role_name)(SECANT_ROLE_RED + k));
		if (i < 0)
			return 0;
		type = c->column[i].type;
		if (type != SECANT_N_U8 && secant_cloud_range(c, i, &lo, &hi) && hi > most)
			most = hi;
	}
	return type == SECANT_N_U8 ? 255 : tensor_number_is_real(type) && most <= 1 ? 1 : most <= 255 ? 255 : 65535;
}

void
secant_cloud_colours(const secant_cloud *c, double range, uint8_t *rgb)
{
	double v[BLOCK];
	for (int k = 0; k < 3; k++) {
		int at = secant_cloud_role(c, (secant_cloud_role_name)(SECANT_ROLE_RED + k));
		for (int64_t first = 0; at >= 0 && first < c->n; first += BLOCK) {
			int64_t m = c->n - first < BLOCK ? c->n - first : BLOCK;
			secant_cloud_doubles(c, at, first, m, v);
			for (int64_t i = 0; i < m; i++) {
				double level = v[i] * 255 / range + 0.5;
				rgb[3 * (first + i) + k] = (uint8_t)(level >= 255 ? 255 : level > 0 ? level : 0);
			}
		}
	}
}

int
tensor_cloud_predictions(const secant_cloud *c)
{
	int at = secant_cloud_role(c, SECANT_ROLE_PREDICTION);
	return at >= 0 || secant_cloud_role(c, SECANT_ROLE_CONFIDENCE) < 0 ? at : secant_cloud_find(c, "classification");
}
