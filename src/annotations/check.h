/*
 * Findings: what is wrong with a data set, by rule. The rules are one table (check_rules.c); readers and checks report
 * by rule id.
 */
#ifndef ANN_CHECK_H
#define ANN_CHECK_H
#include "annotations/model.h"

/* file and message: places in the findings' own text. The set's text must not move under whoever reports a finding
 * about it. */
typedef struct ann_finding {
	uint16_t rule;
	uint16_t level;
	uint32_t line, column, file, message;
} ann_finding;
typedef struct ann_findings {
	ann_finding *v;
	int n, capacity;
	int per_rule[128], count[3];
	base_str text;
} ann_findings;

typedef struct ann_rule {
	const char *id;
	secant_finding_level level;
	const char *brief;
} ann_rule;
extern const ann_rule ann_rules[]; /* ends at id NULL */
int ann_find_rule(const char *id); /* index; asserts that it exists */
void ann_findings_free(ann_findings *f);
static inline const char *
ann_finding_text(const ann_set *s, uint32_t at)
{
	return s->findings->text.p + at;
}
/* Notes a finding with the rule's level, or with `level` when it is not negative. Returns OK or NOMEM. */
secant_status ann_find(ann_set *s, const char *rule, int level, const char *file, uint32_t line, uint32_t column,
	const char *fmt, ...) SECANT_PRINTF(7, 8);

typedef struct ann_watch {
	const secant_watch *watch;
} ann_watch;
/* Applies the rules to what has been read; `deep` things included. */
secant_status ann_check_set(ann_set *s, const secant_dataset_checking *o, const secant_watch *watch, secant_err *err);
char *ann_check_report(const ann_set *s, const secant_dataset_checking *o);
#endif
