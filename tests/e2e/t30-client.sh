#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# bq with the real programs: what it prints, where, and with which exit status.
set -eu
tmp=$(mktemp -d)
bq=$BQ_BINARY_DIR/client/bq
export HOME="$tmp" XDG_RUNTIME_DIR="$tmp/run" TERM=xterm
unset XDG_CONFIG_HOME XDG_DATA_HOME XDG_STATE_HOME BQ_SOCKET BQ_AUTOSTART NO_COLOR PAGER BQ_PAGER 2>/dev/null || true
mkdir -m 700 "$tmp/run"
trap '"$bq" stop >/dev/null 2>&1 || true; rm -rf "$tmp"' EXIT
cd "$tmp"

fail() {
	echo "FAILED: $*" >&2
	exit 1
}

# run WANTED-STATUS ARG..: bq's output in out and err.
run() {
	want=$1
	shift
	got=0
	"$bq" "$@" >out 2>err || got=$?
	[ "$got" -eq "$want" ] || fail "bq $*: exit $got, wanted $want: $(cat out err)"
}

out_is() { printf '%b' "$1" | cmp -s - out || fail "wanted $1, got: $(cat out)"; }
out_has() { grep -qF -- "$1" out || fail "no '$1' on standard output: $(cat out err)"; }
err_has() { grep -qF -- "$1" err || fail "no '$1' on standard error: $(cat err)"; }
lines() { [ "$(wc -l <out)" -eq "$1" ] || fail "wanted $1 lines: $(cat out)"; }
silent() { [ ! -s "$1" ] || fail "$1 is not empty: $(cat "$1")"; }

# ---- nothing indexed yet
run 2 foo
err_has "bq index DIR"
[ ! -e run/bq/bqd.sock ] || fail "a daemon was started for nothing"

# ---- index
mkdir docs
printf 'Notes\n\nthe biometric data\nsharing agreement\n' >docs/a.txt
printf '# Heading\n\nbiometric data sharing, \033]0;title\007 \342\200\256evil\r\nlast line\n' >docs/b.md
printf 'status of the city\n' >docs/c.txt
{
	printf 'zebra %0400d\n' 0 # the title of a text without a heading
	echo 'more'
} >docs/long.txt
printf '\357\273\277marked file\nmore\n' >docs/bom.txt
i=0
while [ $i -lt 2300 ]; do
	echo '{"id":"r'$i'","title":"Record","text":"common word number n'$i'"}'
	i=$((i + 1))
done >docs/many.jsonl
run 0 index docs
err_has "bq -i docs"
grep -q '^\[index\.docs\]$' .config/bq/config.ini || fail "not recorded"
grep -qF "source = $tmp/docs" .config/bq/config.ini || fail "source not recorded"

# ---- the phrase, its forms
run 0 "biometric data sharing"
lines 2
out_has "docs/a.txt:3:5:"
out_has "docs/b.md:3:1:"
grep -q '^docs/a.txt:3:5:[0-9.]*:the biometric data' out || fail "no score or text: $(cat out)"
run 0 --vimgrep "biometric data sharing"
grep -q '^docs/a.txt:3:5:the biometric data' out || fail "vimgrep: $(cat out)"
run 0 -l "biometric data sharing"
[ "$(sort out | tr '\n' ' ')" = "docs/a.txt docs/b.md " ] || fail "-l: $(cat out)"
run 0 -0 "biometric data sharing"
[ "$(tr '\0' '\n' <out | sort | tr '\n' ' ')" = "docs/a.txt docs/b.md " ] || fail "-0: $(cat out)"
run 0 -c "biometric data sharing"
out_is '2\n'
run 1 -c "sharing biometric"
out_is '0\n'
run 0 -q "biometric data sharing"
silent out
silent err
run 1 -q "sharing data biometric"
silent out
run 0 -e '"data sharing" OR city' -l
lines 3
run 0 city NOT biometric -l
out_is 'docs/c.txt\n'
run 0 -- status -l
lines 1 # -l is a word behind --, which only adds
run 0 -C 1 "data sharing" -n 1
out_has "docs/"
cd docs
"$bq" -l city >../out || fail "in docs/"
cd ..
out_is 'c.txt\n'
cd /
"$bq" -l city >"$tmp/out" || fail "in /"
cd "$tmp"
[ "$(cat out)" = "$tmp/docs/c.txt" ] || fail "path is not absolute: $(cat out)"

# ---- a byte-order mark is counted and not shown
run 0 --vimgrep "marked file"
out_is 'docs/bom.txt:1:4:marked file\n'

# ---- a phrase that is not there gets a hint, and no result
run 1 "sharing biometric"
silent out
err_has "no document has this phrase"

# ---- limits are said; thousands of places may take more than a second on a busy machine
run 0 common
lines 10
err_has "10 of 2,300"
run 0 -n 1500 --timeout 60000 common
lines 1500
err_has "1,500 of 2,300"
run 0 --vimgrep --timeout 60000 common
lines 2300
silent err
run 0 -l --timeout 60000 common
out_is 'docs/many.jsonl\n'
run 0 -c common
out_is '2300\n'

# ---- json: one object a line, with its kind
run 0 --json "biometric data sharing"
if command -v python3 >/dev/null 2>&1; then
	python3 - <<'PY' || fail "json: $(cat out)"
import json
rows = [json.loads(l) for l in open("out")]
assert [r["kind"] for r in rows] == ["HIT", "SNIP", "HIT", "SNIP", "END"], rows
assert rows[-1]["total"] == 2
for h, s in ((rows[0], rows[1]), (rows[2], rows[3])):
    a, b = s["m"][0]
    assert " ".join(s["text"].encode()[a:b].decode().split()) == "biometric data sharing", s
PY
fi

# ---- errors
run 2 -e '"unbalanced'
err_has "unbalanced quote"
silent out
run 2 foo -city
err_has "bq foo NOT city"
run 2 index --lang=de docs
err_has "unknown option --lang=de; bq --help"
run 2 open data
err_has "bq -- open data"
run 2 -i nothere foo
err_has "no index named nothere"
run 2 -i ./docs foo
err_has "$tmp/docs is no index"
run 2 --socket "$tmp/none" --no-autostart foo
err_has "no daemon"
run 2 --socket "$(printf '%0200d' 0)" foo
err_has "107"
run 2 --sort sideways foo
run 2 suggest bio
err_has "does not know SUGGEST"

# ---- another configuration is answered from its own indexes or not at all
echo "in another city" >other.txt
"$BQ_BINARY_DIR/indexer/bqindex" build -o other other.txt 2>/dev/null
printf '[index.other]\npath = %s/other\n' "$tmp" >other.ini
sed 's/\[index\.docs\]/[index.mine]/' .config/bq/config.ini >mine.ini
run 2 --config other.ini city
silent out
err_has "does not serve $tmp/other"
run 0 --config mine.ini -l city
out_is 'docs/c.txt\n'
run 2 --config nofile.ini city
err_has "nofile.ini: No such file"
run 0 --help
out_has "Exit status"
run 0 --version
run 2
got=0
"$bq" biometric >/dev/full 2>err || got=$?
[ $got -eq 2 ] || fail "a full disk looks like success"

# ---- nothing of a document acts on the terminal
run 0 --color=always "biometric data sharing"
sed 's/\x1b\[[0-9;]*m//g' out >plain
if LC_ALL=C grep -q "$(printf '[\001-\010\013-\037\177]')" plain; then fail "a control byte: $(od -c plain)"; fi
if grep -q "$(printf '\342\200\256')" plain; then fail "a bidi override came through"; fi
grep -qF 'x1b]0;title\x07' plain || fail "the escape is not shown: $(cat plain)"
NO_COLOR=1 "$bq" city >out
if grep -q "$(printf '\033')" out; then fail "colour in a pipe"; fi

# ---- a terminal: colour, groups, and neither with NO_COLOR or TERM=dumb
if command -v script >/dev/null 2>&1; then
	export BQ_PAGER=
	script -qec "$bq biometric data" /dev/null >out </dev/null
	grep -q "$(printf '\033\\[35m')docs/" out || fail "no colour at a terminal: $(cat out)"
	grep -q '1;31mbiometric' out || fail "no mark at a terminal: $(cat out)"
	NO_COLOR=1 script -qec "$bq biometric data" /dev/null >out </dev/null
	if grep -q "$(printf '\033')" out; then fail "NO_COLOR is ignored"; fi
	TERM=dumb script -qec "$bq biometric data" /dev/null >out </dev/null
	if grep -q "$(printf '\033')" out; then fail "TERM=dumb is ignored"; fi
	(
		unset BQ_PAGER
		export PAGER='sed s/^/paged:/'
		TERM=dumb script -qec "$bq biometric data" /dev/null >out </dev/null
		script -qec "$bq biometric data" /dev/null >out2 </dev/null
	)
	if grep -q paged: out; then fail "a pager at a dumb terminal: $(cat out)"; fi
	grep -q paged: out2 || fail "no pager at a terminal: $(cat out2)"
	VISUAL='echo edits' "$bq" open 1 >out || fail "open 1"
	grep -q "^edits +3 $tmp/docs/" out || fail "open: $(cat out)"
	run 2 open 99
	printf 'city\nzebra\n' >queries
	script -qec "$bq batch queries" /dev/null >out </dev/null
	if grep -q '[0-9] queries' out; then fail "progress among the rows: $(cat out)"; fi
	script -qec "$bq batch queries >rows" /dev/null >out </dev/null
	grep -q '[0-9] queries' out || fail "no progress: $(cat out)"
	[ "$(grep -c '^"' rows)" -eq 2 ] || fail "rows: $(cat rows)"
	NO_COLOR=1 script -qec "$bq zebra" /dev/null >out </dev/null
	[ "$(sed -n 1p out | wc -c)" -lt 140 ] || fail "a title fills the screen: $(cat out)"
	sed -n 1p out | grep -q '000[.][.][.]' || fail "the title's cut is not said: $(cat out)"
	unset BQ_PAGER
fi

# ---- a reader that has seen enough
"$bq" --vimgrep --timeout 60000 common 2>err | head -n 1 >out
lines 1
silent err

# ---- batch
printf 'q1\tbiometric data\n"data sharing"\n\nnothinghere\n+city (not syntax\n' >queries
run 0 batch queries --format json
[ "$(grep -c '"qid":"2".*"total":2,' out)" -eq 1 ] || fail "json: $(cat out)"
run 0 batch queries
[ "$(head -n 1 out)" = "id,query,rank,score,path,line,col,title,text" ] || fail "csv: $(cat out)"
[ "$(cut -d, -f1,3 out | grep -c '^"q1"')" -eq 2 ] || fail "csv: $(cat out)"
out_has '"4","nothinghere",0,'
run 0 batch queries --format trec -n 1
grep -q '^q1 Q0 [^ ]* 1 1 bq$' out || fail "trec: $(cat out)"
[ "$(grep -c '^q1 ' out)" -eq 1 ] || fail "trec -n: $(cat out)"
printf '\303\251"\\\002\377\tcity\n' >odd
run 0 batch odd --format json
out_has "$(printf '"qid":"\303\251\\u0022\\u005c\\u0002\357\277\275"')"
i=0
while [ $i -lt 300 ]; do
	echo "common n$i"
	i=$((i + 1))
done >queries
run 0 batch queries --format trec -n 1 --timeout 60000
[ "$(awk '{print $1}' out | tr '\n' ' ')" = "$(seq -s ' ' 300) " ] || fail "batch is out of order"
[ "$(awk '{print $3}' out | head -n 3 | tr '\n' ' ')" = "r0 r1 r2 " ] || fail "wrong hits: $(head -n 3 out)"
echo common >queries
run 0 batch queries --timeout 60000
lines 2301
run 2 batch nosuchfile
printf '\t "sharing biometric" \r\nx\t "sharing biometric"\t\n' >queries
run 1 batch queries # blanks around it are none of a phrase
{
	printf 'city\n'
	printf '%070000d\n' 0 # longer than any request: the others are answered
	printf 'cit\377y\ncity\0x\n+city\n'
} >queries
run 2 batch queries --format trec
[ "$(cut -d' ' -f1 out | tr '\n' ' ')" = "1 5 " ] || fail "a long line: $(cat out err)"
err_has "2: the request is longer"
printf '"unbalanced\ncity\n' >queries
run 0 batch -- queries
run 2 batch queries -e
err_has "1: unbalanced quote"

# ---- the public benchmark's loop
printf 'COUNT\tbiometric city\nTOP_10\t+biometric +data\nTOP_10_COUNT\t"data sharing"\nTOP_7\tx\nnonsense\nCOUNT\t+status -city\n' |
	"$bq" bench-serve >out
[ "$(tr '\n' ' ' <out)" = "3 1 2 UNSUPPORTED UNSUPPORTED 0 " ] || fail "bench-serve: $(cat out)"

{
	printf 'COUNT\tcity\nCOUNT\t'
	printf '%070000d\nCOUNT\tcity\0x\nCOUNT\tcity' 0
} | "$bq" bench-serve >out
[ "$(tr '\n' ' ' <out)" = "1 UNSUPPORTED UNSUPPORTED 1 " ] || fail "bench-serve: $(cat out)"

# ---- an index that is gone is not searched: a partial answer, and no count
mkdir more
echo "one more city" >more/m.txt
run 0 index more
run 0 -c city
[ "$(cat out)" -eq 2 ] || fail "two indexes: $(cat out err)"
mv .local/share/bq/more gone
run 0 stop
run 2 city
[ "$(wc -l <err)" -eq 1 ] || fail "one line: $(cat err)"
err_has "only part of the answer: index more is not searched: "
out_has docs/c.txt
run 2 -l city
out_is 'docs/c.txt\n'
echo city >q
run 2 batch q
out_has c.txt
[ "$(grep -c 'only part of the answer: index more is not searched' err)" -eq 1 ] || fail "batch: $(cat err)"
run 2 -c city
out_is ''
err_has "index more is not searched"
run 2 doctor
out_has "BAD  index $tmp/.local/share/bq/more: No such file"
mv gone .local/share/bq/more
run 0 stop
cp -r .local/share/bq/more kept
for seg in .local/share/bq/more/*.seg; do echo x >>"$seg"; done
run 2 city
err_has "[F3]"
run 2 doctor
out_has "BAD  served $tmp/.local/share/bq/more: 0"
rm -r .local/share/bq/more
mv kept .local/share/bq/more
run 0 stop
run 0 -q city

# ---- status, doctor, stop
run 0 status
out_has "  docs: dir $tmp/"
run 0 doctor
run 0 stop
run 1 stop
run 1 status
err_has "no daemon"
