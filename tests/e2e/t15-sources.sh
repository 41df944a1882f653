#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# bqindex and what it reads: gzip, zstd, UTF-16, standard input that does not
# block; damage and bombs; what is named twice; progress.
. "$(dirname "$0")/lib.sh"
cd "$tmp"

# block LAST TYPE SIZE: the header of a zstd block (RFC 8878, 3.1.1.2); TYPE 0 as
# it is, 1 one byte repeated.
block() {
	b=$(($1 + $2 * 2 + $3 * 8))
	# shellcheck disable=SC2059 # octal escapes
	printf "$(printf '\\%03o\\%03o\\%03o' $((b & 255)) $((b >> 8 & 255)) $((b >> 16)))"
}

# frame TEXT: a zstd frame that holds it as it is.
frame() {
	printf '\050\265\057\375\000\070'
	block 1 0 ${#1}
	printf %s "$1"
}

one='{"id":"one","text":"alpha beta"}
'
two='{"id":"two","text":"gamma"}
'

# --- packed JSON lines and texts, in a directory and named -----------------
mkdir docs
printf '%s%s' "$one" "$two" >plain.jsonl
printf %s "$one" | gzip >docs/a.jsonl.gz
printf %s "$two" | gzip >>docs/a.jsonl.gz
{ frame "$one"; frame "$two"; } >docs/b.ndjson.zst
printf '# Packed heading\n\nwords\n' | gzip >docs/c.md.gz
printf 'x' >docs/d.txt.xz
{ printf '\377\376'; printf 'Caf\303\251\r\nnoir\n' | iconv -f UTF-8 -t UTF-16LE; } >docs/e.txt
printf 'bytes \377\n' >docs/f.txt
run 0 build -o index docs
says err '7 documents'
says err "skipped $tmp/docs/d.txt.xz: compressed"
run 0 verify index
run 0 dump index --doc one
says out '"text":"alpha beta"'
says out '"at":"record"'
run 0 dump index --doc c.md.gz
says out '"title":"Packed heading"'
says out '"at":"text"'
run 0 dump index --doc e.txt
says out '"title":"Café"'
says out '"at":"text"'
run 0 dump index --doc f.txt
says out '"at":"file"'
run 0 build -o packed docs/a.jsonl.gz
says err '2 documents'
run 0 dump packed --postings gamma
says out '"tf":1'

# --- damage: what stood before it is kept ----------------------------------
awk 'BEGIN { for (i = 0; i < 20000; i++) printf "{\"id\":\"r%d\",\"text\":\"row %d of many\"}\n", i, i * 7919 % 20000 }' >rows.jsonl
gzip -k rows.jsonl
size=$(wc -c <rows.jsonl.gz)
head -c $((size / 2)) rows.jsonl.gz >half.jsonl.gz
run 1 build --json -o half half.jsonl.gz plain.jsonl
says out '"broken":1'
says out "compressed data ends early, at byte $((size / 2))"
run 0 dump half --doc r100
run 0 dump half --doc one
cp rows.jsonl.gz bent.jsonl.gz
printf '\377\377\377\377' | dd of=bent.jsonl.gz bs=1 seek=$((size - 8)) conv=notrunc 2>/dev/null
run 1 build -o bent bent.jsonl.gz
says err '20000 documents'
says err 'bent.jsonl.gz:20001: compressed data cannot be read at byte'
{ frame "$one"; printf 'junk'; } >junk.jsonl.zst
run 1 build -o junk junk.jsonl.zst
says err ' 1 document,'
printf 'no gzip' >not.txt.gz
run 1 build -o none not.txt.gz
says err 'not.txt.gz: compressed data cannot be read'
: >empty.jsonl.gz
run 1 build -o none empty.jsonl.gz
says err 'ends early, at byte 0'

# --- a bomb: a line of 1 GiB in 32 KiB is passed over, not held -------------
block 0 1 131072 >rle
printf x >>rle
for _ in 1 2 3 4 5 6 7 8 9 10 11 12 13; do
	cat rle rle >more
	mv more rle
done
start='{"id":"before","text":"kept"}
{"id":"bomb","text":"'
end='"}
{"id":"behind","text":"kept"}
'
{
	printf '\050\265\057\375\000\070'
	block 0 0 ${#start}
	printf %s "$start"
	cat rle
	block 1 0 ${#end}
	printf %s "$end"
} >bomb.jsonl.zst
run 1 build --json -o bomb bomb.jsonl.zst
says out '"documents":2'
says out '"line":2,"reason":"longer than 256 MiB'
peak=$(sed 's/.*"peak_rss_bytes":\([0-9]*\).*/\1/' out)
[ "$peak" -lt 900000000 ] || fail "the bomb took $peak bytes"
run 0 dump bomb --doc behind
cp bomb.jsonl.zst bomb.txt.zst
run 1 build -o none bomb.txt.zst
says err 'more than 256 MiB of compressed text'

# --- standard input --------------------------------------------------------
{ printf %s "$one"; sleep 0.3; printf %s "$two"; } |
	python3 -c 'import os, sys; os.set_blocking(0, False); os.execv(sys.argv[1], sys.argv[1:])' \
		"$bqindex" build -o late - 2>err || fail "standard input that does not block: exit $?"
says err '2 documents'

# --- named twice -----------------------------------------------------------
run 0 build --json -o twice docs ./docs plain.jsonl docs/../docs plain.jsonl
says out '"documents":9'
says out "{\"path\":\"$tmp/docs\",\"reason\":\"named twice, indexed once\",\"broken\":false}"
says out "{\"path\":\"$tmp/plain.jsonl\",\"reason\":\"named twice, indexed once\",\"broken\":false}"

# --- names that are not UTF-8 ----------------------------------------------
mkdir odd
name=$(printf 'odd/\377.pdf')
: >"$name"
run 0 build --json -o odd.index odd
says out "{\"path_b64\":\"$(printf %s "$tmp/$name" | base64 -w 0)\",\"reason\":\"unsupported type\""
python3 -m json.tool <out >/dev/null || fail "the report is not JSON"

# --- progress --------------------------------------------------------------
# A line every two seconds in which documents come: they come until there is one.
mkfifo pipe
"$bqindex" build --progress always -o slow - <pipe 2>err &
pids=$!
exec 3>pipe
is_told() {
	printf '{"text":"alpha"}\n' >&3
	grep -q '^[0-9]* documents  0\.0 MB/s  0\.0 MB$' err
}
await is_told || fail "no progress"
exec 3>&-
wait "$pids" || fail "slow: exit $?"
pids=
grep -q '^writing the index  [0-9]* documents$' err || fail "nothing of what follows the reading"
run 0 build -o quiet docs
! grep -q 'writing the index' err || fail "progress without a terminal"
script -qec "'$bqindex' build -o shown docs" /dev/null </dev/null >out
says out "$(printf '\rwriting the index  7 documents\033[K')"
