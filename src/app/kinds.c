/*
 * The kinds of things that `secant list` and `secant doc` show: one line each in kinds.inc. This room sees all others,
 * so the table stands here; the entries stay in the rooms that own them.
 */
#include <secant/info.h>
#include "base/registry.h"

#define KIND(name) extern const base_kind base_kind_##name;
#include "app/kinds.inc"
#undef KIND

static const base_kind *const kinds[] = {
#define KIND(name) &base_kind_##name,
#include "app/kinds.inc"
#undef KIND
	NULL,
};

int
secant_kind_count(void)
{
	return (int)(sizeof kinds / sizeof kinds[0]) - 1;
}

static const base_kind *
kind_at(int kind)
{
	return kind >= 0 && kind < secant_kind_count() ? kinds[kind] : NULL;
}

const char *
secant_kind_name(int kind)
{
	return kind_at(kind) ? kinds[kind]->name : NULL;
}

const char *
secant_kind_title(int kind)
{
	return kind_at(kind) ? kinds[kind]->title : NULL;
}

secant_entry
secant_kind_entry(int kind, int i)
{
	return kind_at(kind) && i >= 0 ? kinds[kind]->entry(i) : (secant_entry){ 0 };
}
