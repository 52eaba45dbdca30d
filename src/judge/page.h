/* A page of HTML that holds all of its pictures: what a run or an evaluation has to show. */
#ifndef SECANT_JUDGE_PAGE_H
#define SECANT_JUDGE_PAGE_H
#include <secant/train.h>
#include "draw/chart.h"
#include "judge/view.h"

typedef struct secant_fact {
	const char *name;
	char text[200];
} secant_fact;

typedef struct secant_page {
	const char *title;
	const secant_fact *facts; /* n_facts lines at the top */
	int n_facts;
	const secant_figure *curves; /* every part but the title may be NULL */
	const secant_scores *scores;
	const secant_cases *cases;
	const secant_samples *samples; /* the cases' names */
	const char *settings; /* options as text */
} secant_page;

/* Atomic. */
secant_status secant_page_write(const secant_page *p, const char *path, secant_err *err) SECANT_NODISCARD;
#endif
