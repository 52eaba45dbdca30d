/*
 * Class rules: where a class may be, by the bands of the picture. "vegetation: ndvi(4,3) > 0.2 and band(1) < 90; 2:
 * nd(2,4) >= 0".
 *
 *     rules := rule { ";" rule }       rule := CLASS ":" condition { "and" condition }       condition := TERM
 *                                      OPERATOR NUMBER
 *     TERM := band(A) | nd(A,B) = (A - B) / (A + B), also ndvi, ndwi, ndbi | ratio(A,B) = A / B | diff(A,B) = A - B
 *     OPERATOR := > >= < <=
 *
 * CLASS is a name of the model or an index; bands are counted from 1, their values are those of the file. Where a
 * condition does not hold (0/0 does not) the class is suppressed: the next probable one takes its place, or none.
 */
#ifndef DEPLOY_RULES_H
#define DEPLOY_RULES_H
#include <secant/tensor.h>

enum { DEPLOY_MOST_RULES = 32 };
typedef struct deploy_rule {
	int class, term, a, b, operator;
	double limit;
} deploy_rule; /* bands from 0 */
typedef struct deploy_rules {
	deploy_rule v[DEPLOY_MOST_RULES];
	int n;
	double white; /* the pictures' numbers were divided by it; 0: they are those of the file */
	int never; /* 1 + a class that training left out, whose output means nothing; 0: none */
} deploy_rules;

/* text NULL: none. names: n of them, may be NULL; classes is how many there are. */
secant_status deploy_rules_parse(
	deploy_rules *r, const char *text, char *const *names, int n, int classes, secant_err *err) SECANT_NODISCARD;
/* Every band that is asked for is there. */
secant_status deploy_rules_check(const deploy_rules *r, int channels, secant_err *err) SECANT_NODISCARD;
/* May the class be at this pixel? */
bool deploy_rules_allow(const deploy_rules *r, int class, const secant_image *im, int64_t pixel);
/* A value of a picture as it is in the file. */
double deploy_band_value(const secant_image *im, int64_t pixel, int band);
#endif
