#!/bin/sh
# Prints stubs, in assembly for x86-64, for the functions of a shared library that some archives call:
# stubs.sh NM READELF LIBRARY ARCHIVE...
#
# A stub jumps through its slot. All slots lead to one place at first, which opens the library (lazy.c), fills them and lets the stub
# jump again; from then on a call costs what a call through a procedure linkage table does. Registers that may hold arguments are kept
# around the opening: six integers, eight vectors, and al, which counts the vectors of a variadic call.
set -eu
nm=$1 readelf=$2 library=$3
shift 3
names=$(mktemp -d)
trap 'rm -rf "$names"' EXIT
"$nm" -D --defined-only "$library" | awk '$2 == "T" || $2 == "W" || $2 == "i" { sub(/@.*/, "", $3); print $3 }' | sort -u > "$names/has"
"$nm" -u "$@" 2> /dev/null | awk '$1 == "U" { print $2 }' | sort -u > "$names/wants"
comm -12 "$names/has" "$names/wants" > "$names/both"
# The name that the dynamic loader would look for.
soname=$(LC_ALL=C "$readelf" -d "$library" | sed -n 's/.*(SONAME).*\[\(.*\)\]/\1/p')

awk -v soname="$soname" '
	{ name[n++] = $1 }
	END {
		print "\t.text"
		for (i = 0; i < n; i++) {
			print "\t.globl " name[i] "\n\t.hidden " name[i] "\n\t.type " name[i] ", @function"
			print name[i] ":\n\tendbr64\n\tjmp *slots+" 8 * i "(%rip)"
			print "first" i ":\n\tcall open\n\tjmp *slots+" 8 * i "(%rip)"
		}
		print "open:"
		keep = "rdi rsi rdx rcx r8 r9 rax"
		k = split(keep, r, " ")
		for (i = 1; i <= k; i++) print "\tpush %" r[i]
		print "\tsub $136, %rsp"
		for (i = 0; i < 8; i++) print "\tmovups %xmm" i ", " 16 * i "(%rsp)"
		print "\tlea library(%rip), %rdi\n\tcall secant_lazy_open"
		for (i = 0; i < 8; i++) print "\tmovups " 16 * i "(%rsp), %xmm" i
		print "\tadd $136, %rsp"
		for (i = k; i; i--) print "\tpop %" r[i]
		print "\tret"
		print "\t.section .rodata\nsoname: .asciz \"" soname "\""
		for (i = 0; i < n; i++) print "name" i ": .asciz \"" name[i] "\""
		print "\t.section .data.rel, \"aw\"\n\t.balign 8"
		print "library: .quad soname, names, slots, " n     # struct lazy_library of lazy.c
		print "names:"
		for (i = 0; i < n; i++) print "\t.quad name" i
		print "slots:"
		for (i = 0; i < n; i++) print "\t.quad first" i
		print "\t.section .note.GNU-stack, \"\", @progbits"
	}' "$names/both"
