#!/usr/bin/env bash
# secant's own speeds on this machine as one table: the rows of bench/rows.txt, each in a process of its own, beside what the machine can do.
#
#   bench/speeds.sh [--only REGEX] [--runs N] [--threads N]
#
# Limit: the time of all convolutions at the rate of a large product in that precision, and of the bytes that must move at the rate of
# copying; the share is how near the median comes to it. Peers: ./dev bench --peers.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
secant=${SECANT:-build/release/secant} only= runs=5 threads=0
while [ $# -gt 0 ]; do
	case $1 in
	--only) only=${2?} ;;
	--runs) runs=${2?} ;;
	--threads) threads=${2?} ;;
	*) echo "usage: bench [--only REGEX] [--runs N] [--threads N] | --peers | --ipex | --plots | --kernels" >&2 && exit 2 ;;
	esac
	shift 2
done
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

value() { # KEY: of the JSON on standard input
	sed -n "s/.*\"$1\": \"\{0,1\}\([^,\"}]*\).*/\1/p"
}

options_of() { # NET SIZE: nothing of the size where it is empty
	awk -F '|' -v net="$1" -v size="$2" '$1 ~ /^net/ { gsub(/ /, "", $2); if ($2 == net) print $3 (size == "" ? "" : $4 " " size) }' bench/rows.txt
}

# A cold start: the whole process, from a JPEG to its mask.
cold() { # NET
	local i start us=()
	if [ ! -e "$work/best.safetensors" ]; then      # any weights will do
		"$secant" demo "$work/demo" --pictures 3 --size 64 --quiet > /dev/null
		"$secant" train "$work/demo" --out "$work/run" $(options_of "$1" "") --epochs 1 --batch 2 --size 64 --recalibrate-norms 0 --quiet > /dev/null
		mv "$work/run/best.safetensors" "$work"
	fi
	for ((i = 0; i <= runs; i++)); do
		start=$(date +%s%N)
		"$secant" predict "$work/best.safetensors" bench/picture.jpg --out "$work/mask.png" --threads "$threads" --quiet > /dev/null
		us+=($((($(date +%s%N) - start) / 1000)))
	done
	# The first one warmed the page cache.
	printf '%s\n' "${us[@]:1}" | sort -n | awk '{ v[NR] = $1 / 1000 } END { printf "%.1f", (v[int((NR + 1) / 2)] + v[int(NR / 2) + 1]) / 2 }'
}

# Three epochs as a user runs them: the whole process, with validation, recalibration and files.
epochs() { # NET SIZE BATCH PRECISION
	local start
	[ -e "$work/cells-$2" ] || "$secant" demo "$work/cells-$2" --pictures 214 --size "$2" --quiet > /dev/null
	start=$(date +%s%N)
	"$secant" train "$work/cells-$2" --out "$work/epochs" --overwrite $(options_of "$1" "") --batch "$3" --precision "$4" --epochs 3 --threads "$threads" --quiet > /dev/null
	echo $((($(date +%s%N) - start) / 1000000))
}

echo "secant $("$secant" --version | head -n 1 | grep -o '[0-9][0-9.]*' | head -n 1), $(sed -n 's/^model name[^:]*: //p' /proc/cpuinfo | head -n 1)"
"$secant" bench --calibrate --threads "$threads"
printf '\n%-44s %10s %10s %10s %7s\n' "work" "ms" "images/s" "peak MiB" "limit"
cold_seen=
while IFS='|' read -r kind key title net what size batch precision _; do
	[[ $kind == row* ]] || continue
	key=${key// /} net=${net// /} what=${what// /} size=${size// /} batch=${batch// /} precision=${precision// /}
	[[ $key =~ $only ]] || continue
	[[ -n $only || $key != zoo-* ]] || continue      # these are many
	if [ "$what" = cold ]; then
		[ -z "$cold_seen" ] || continue
		cold_seen=1 median=$(cold "$net")
		printf '%-44s %10s %10s %10s %7s\n' "cold start: 512x512 JPEG to mask" "$median" "$(awk -v m="$median" 'BEGIN { printf "%.2f", 1000 / m }')" - -
		continue
	fi
	if [ "$what" = epochs ]; then
		median=$(epochs "$net" "$size" "$batch" "$precision")
		printf '%-44s %10s %10s %10s %7s\n' "${title# }" "$median" "$(awk -v m="$median" 'BEGIN { printf "%.2f", 480000 / m }')" - -
		continue
	fi
	# Rates drift: each row has its own calibration.
	rates=$("$secant" bench --calibrate --json --threads "$threads")
	if ! result=$("$secant" bench $(options_of "$net" "$size") $([ "$what" = train ] && echo --train) --batch "$batch" --precision "$precision" \
		--threads "$threads" --runs "$runs" --json --quiet 2>&1); then
		printf '%-44s %s\n' "${title# }" "$result"
		continue
	fi
	awk -v title="${title# }" -v ms="$(echo "$result" | value median_ms)" -v rate="$(echo "$result" | value images_per_second)" \
		-v peak="$(echo "$result" | value peak_bytes)" -v flops="$(echo "$result" | value flops)" -v bytes="$(echo "$result" | value bytes)" \
		-v products="$(echo "$rates" | value "${precision}_gflops")" -v copy="$(echo "$rates" | value copy_gbs)" \
		'BEGIN { printf "%-44s %10.1f %10.2f %10.0f %6.0f%%\n", title, ms, rate, peak / 1048576, 100 * (flops / products / 1e6 + bytes / copy / 1e6) / ms }'
done < bench/rows.txt
[ -n "$only" ] || "$secant" selftest --threads "$threads" | grep -v ' right$' | tail -n +2 # what is wrong, and how much was run
