#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# bqbench on a generated collection: each verb for a moment.  What it counts is
# compared with what was planted, what it sends with what the daemon saw.
[ -x "$BQ_BINARY_DIR/tests/bench/bqbench" ] || exit 0 # a build without benchmarks
. "$(dirname "$0")/lib.sh"
for tool in gen_zipf bench/peer_words; do
	[ -x "$BQ_BINARY_DIR/tests/$tool" ] || fail "tests/$tool is not built"
done

bench() {
	"$BQ_BINARY_DIR/tests/bench/bqbench" "$@" 2>"$tmp/log"
}

# has TEXT..: each stands in the last output.
has() {
	for text; do
		grep -qF -- "$text" "$tmp/out" || fail "no $text in:"
	done
}

is_json() {
	python3 -c 'import json, sys; json.load(open(sys.argv[1]))' "$tmp/out" || fail "not JSON:"
}

refuses() {
	status=0
	bench "$@" </dev/null >"$tmp/out" || status=$?
	[ $status -eq 2 ] && [ -s "$tmp/log" ] || fail "bqbench $*: exit $status"
}

"$BQ_BINARY_DIR/tests/gen_zipf" -n 3000 -l 80 -p 'biometric data sharing=100' -a 'biometric data sharing=400' |
	"$bqindex" build -o "$tmp/index" - 2>"$tmp/log" || fail "bqindex build"
cat >"$tmp/queries" <<'END'
biometric
+biometric +sharing
{"query": "\"biometric data sharing\"", "tags": ["phrase"]}
+sharing -"biometric data"

biometric elsewhere
+biometric elsewhere
+"data sharing" +biometric
END

# engine: the phrase stands in 100 of the 400 documents with its words
bench engine "$tmp/index" --commands TOP_10,COUNT,TOP_10_COUNT --runs 3 --json <"$tmp/queries" >"$tmp/out" || fail "engine"
is_json
has '{"command":"COUNT","class":"word","query":"biometric","count":400,' \
	'{"command":"COUNT","class":"and","query":"+biometric +sharing","count":400,' \
	'{"command":"COUNT","class":"phrase","query":"\"biometric data sharing\"","count":100,' \
	'{"command":"COUNT","class":"negation","query":"+sharing -\"biometric data\"","count":300,' \
	'{"command":"COUNT","class":"or","query":"biometric elsewhere","count":400,' \
	'{"command":"TOP_10","class":"mixed","query":"+\"data sharing\" +biometric","count":10,' \
	'{"command":"TOP_10_COUNT","class":"must-should","query":"+biometric elsewhere","count":400,' \
	'{"command":"TOP_10","class":"word","n":1,"mean_us":' '"floor_us":' '"documents":3000' '"cpu_path":"'
grep -F '"class":"phrase"' "$tmp/out" | grep -q '"bytes":0[,}]' && fail "a phrase without bytes:"
bench engine "$tmp/index" --runs=1 --cpu <"$tmp/queries" >"$tmp/out" || fail "engine"
[ "$(grep -cE '^(TOP_10 {9}|COUNT {10})[a-z]' "$tmp/out")" -eq 14 ] || fail "not 2 commands of 7 classes:"

# --cold: a file system without disk keeps its pages, which is said
status=0
bench engine "$tmp/index" --commands TOP_10 --runs 1 --cold --json <"$tmp/queries" >"$tmp/out" || status=$?
if [ $status -eq 0 ]; then
	has '"clock":"wall","cold":true,'
else
	grep -q 'pages stay in memory' "$tmp/log" || fail "engine --cold: exit $status"
fi
refuses engine "$tmp/index" --cold --cpu

bench engine "$tmp/index" --commands TOP_10 --runs 1 --snippets --json <"$tmp/queries" >"$tmp/out" || fail "engine --snippets"
is_json
has '"class":"phrase","n":1,' ',"shown":10,"show_us_a_hit":' '"frames_a_hit":'
bench engine "$tmp/index" --commands TOP_10 --runs 1 --snippets <"$tmp/queries" >"$tmp/out" || fail "engine --snippets"
[ "$(sed -n '/^snippets of /,$p' "$tmp/out" | grep -c '^TOP_10 ')" -eq 7 ] || fail "not the snippets of 7 classes:"

status=0
printf 'biometric\n"\n' | bench engine "$tmp/index" --runs 1 --commands COUNT >"$tmp/out" || status=$?
[ $status -eq 1 ] || fail "a refused query: exit $status"
has 'COUNT          word             1'
grep -q '^bqbench: COUNT "' "$tmp/log" || fail "no word of the refused query:"

# worst: each word below T with each frequent one, both ways, but a word with itself once
bench worst "$tmp/index" --runs 1 --json >"$tmp/out" || fail "worst"
is_json
has '"phrases":5' ',"COUNT":{"worst_us":' ',"TOP_10":{"worst_us":' '"phrase":"'
refuses worst

bench floor "$tmp/index" --json >"$tmp/out" || fail "floor"
is_json
has '"decode_ns":[' '"miss_ns":' '{"command":"COUNT","class":"phrase",'
bench floor "$tmp/index" >"$tmp/out" || fail "floor"
has 'dependent miss' 'must-should'

(cd "$tmp" && exec "$BQ_BINARY_DIR/tests/bench/bqbench" making queries --json) >"$tmp/out" || fail "making"
is_json
has '"read_ns":' '"word_ns":' '"compress_ns":' '"write_ns":'
bench making "$tmp/none" >"$tmp/out" && fail "making without a file:"

# serve
start --index "$tmp/index"
bench serve --socket "$tmp/s" --connections 4 --closed --seconds 0.5 --json <"$tmp/queries" >"$tmp/out" || fail "closed loop"
is_json
has '"loop":"closed"' '"connections":4' '"failed":0,"lost":0' '"p99.9":'
bench serve --socket "$tmp/s" --connections 2 --rate 200 --seconds 1 --json <"$tmp/queries" >"$tmp/out" || fail "open loop"
is_json
has '"loop":"open"' '"sent":200,"answered":200,"failed":0,"lost":0'
BQ_SOCKET="$tmp/s" bench serve --rate 100 --seconds 0.2 <"$tmp/queries" >"$tmp/out" || fail "open loop"
has 'sent 20, answered 20, refused 0, lost 0'
echo 'a "b' | bench serve --socket "$tmp/s" --rate 50 --seconds 0.1 >"$tmp/out" && fail "a refused query goes unnoticed:"
has 'sent 5, answered 0, refused 5, lost 0'

# a memcached, as small as it can be
cat >"$tmp/memcached.py" <<'END'
import socket, sys
server = socket.create_server(("127.0.0.1", 0))
open(sys.argv[1], "w").write(str(server.getsockname()[1]))
values = {}
peer = server.accept()[0]
lines = peer.makefile("rwb")
for line in lines:
    words = line.split()
    if words[0] == b"set":
        values[words[1]] = lines.read(int(words[4]) + 2)
    else:
        value = values.get(words[1])
        if value is not None:
            lines.write(b"VALUE %s 0 %d\r\n%s" % (words[1], len(value) - 2, value))
        lines.write(b"END\r\n")
        lines.flush()
END
python3 "$tmp/memcached.py" "$tmp/port" &
pids=$!
await [ -s "$tmp/port" ] || fail "no port"
bench serve --memcached "127.0.0.1:$(cat "$tmp/port")" --connections 1 --rate 200 --seconds 0.5 --json <"$tmp/queries" \
	>"$tmp/out" || fail "memcached"
is_json
has '"sent":100,"answered":100,"failed":0,"lost":0'

# peers.sh: the same words to all, and counts that differ are named
words() { printf '%b' "$2" | "$BQ_BINARY_DIR/tests/bench/peer_words" "$1" >"$tmp/out" 2>"$tmp/log" || fail "peer_words $1"; }
words documents '{"title":"The CAF\303\211","text":"it'"'"'s\\none \344\272\254\351\203\275 2"}\n'
has 'the café it s one 2'
words paragraphs '{"title":"t","text":"One two\\n\\n\344\272\254\\nThree"}\n{"text":""}\n'
printf 'one two\nthree\n' | cmp -s - "$tmp/out" || fail "paragraphs:"
words queries '+Data -"Of the"\nU.S.\n"one" b\n\344\272\254\351\203\275\n'
printf '+data -"of the"\none b\n' | cmp -s - "$tmp/out" || fail "queries:"
grep -q '2 queries left out' "$tmp/log" || fail "what is left out is not counted"
mkdir "$tmp/join" && cd "$tmp/join"
printf '%s\n' '+a +b' '"a b"' '+a b' >queries
printf 'COUNT\t%s\t%s\t10\n' '+a +b' 5 '"a b"' 2 '+a b' 9 >one.times
printf 'COUNT\t%s\t%s\t25\n' '+a +b' 5 '"a b"' 3 '+a b' -1 >two.times
echo '1 0 1024' | tee one.cost >two.cost
echo x | tee one >two
python3 -B "$BQ_SOURCE_DIR/tests/bench/peers/join.py" one two >"$tmp/out" || fail "join.py"
has 'differs: COUNT "a b": one 2, two 3' '1 differ and are left out' \
	'| COUNT | and | 1 | 10.0 / 10.0 / 10.0 | 2.50 / 2.50 / 2.50 |' '| COUNT | must-should | 1 | 10.0 / 10.0 / 10.0 | no such query |'
grep -q '| phrase |' "$tmp/out" && fail "a query without agreement is in the table:"

refuses
refuses what
refuses engine "$tmp/index"
refuses engine "$tmp/nothing"
refuses engine "$tmp/index" --commands TOP_11
refuses engine "$tmp/index" --runs 0
refuses engine "$tmp/index" --runs
refuses floor
refuses serve --socket "$tmp/nobody" --closed
refuses serve --socket "$tmp/s" --closed --rate 5
refuses serve --socket "$tmp/s" --memcached localhost:1
refuses serve --socket "$tmp/s" --connections many
exit 0
